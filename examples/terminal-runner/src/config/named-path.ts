/** A path and the name it goes by. */
export interface NamedPath {
  /** Absent when none was given. */
  readonly name: string | undefined;
  readonly path: string;
}

/** Reads `name=path`, or a path alone. What has a slash is no name, so `./a=b` is a path. */
export function splitNamedPath(text: string): NamedPath {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0));
  if (name === '' || /[\\/]/.test(name)) return { name: undefined, path: text };
  return { name, path: text.slice(equals + 1) };
}

/** The text that `splitNamedPath` reads. */
export function namedPathText({ name, path }: NamedPath): string {
  return name === undefined ? path : `${name}=${path}`;
}
