/** A path and the name it goes by. */
export interface NamedPath {
  /** Absent when none was given. */
  readonly name: string | undefined;
  readonly path: string;
}
/** Reads `name=path`, or a path alone. What has a slash is no name, so `./a=b` is a path. */
export declare function splitNamedPath(text: string): NamedPath;
/** The text that `splitNamedPath` reads. */
export declare function namedPathText({ name, path }: NamedPath): string;
//# sourceMappingURL=named-path.d.ts.map
