import { InvalidOptionError } from '../errors.ts';

/** How much a client may send for one schema to check. */
export interface InputLimits {
  /**
   * Array elements and object properties together, those of all levels. One nested deep counts once more for every
   * eight levels. Default 20,000.
   */
  readonly maxValues?: number | undefined;
  /** Levels of arrays and objects inside each other. Default 64. */
  readonly maxDepth?: number | undefined;
}

const DEFAULT_MAX_VALUES = 20_000;
const DEFAULT_MAX_DEPTH = 64;

/** What was found out about a value before it is checked. */
export interface Extent {
  /** Array elements and object properties, as {@link InputLimits} counts them. */
  readonly values: number;
  /** Arrays and objects, the value itself included, counted likewise. */
  readonly containers: number;
  /** The limit that the value breaks, and where. */
  readonly excess: { path: string[]; message: string } | undefined;
}

/**
 * A function that counts what a value holds, and stops at the first limit it breaks. A validator writes down an issue
 * for whatever is wrong, so a few megabytes could cost it seconds and gigabytes.
 *
 * @throws {InvalidOptionError} when a limit is not above 0.
 */
export function extentWithin(limits: InputLimits = {}): (value: unknown) => Extent {
  const { maxValues = DEFAULT_MAX_VALUES, maxDepth = DEFAULT_MAX_DEPTH } = limits;
  if (!(maxValues > 0 && maxDepth > 0)) {
    throw new InvalidOptionError('maxValues and maxDepth', 'must be above 0');
  }

  return (value) => {
    let values = 0;
    let containers = 0;
    let excess: Extent['excess'];

    // False when a limit is broken.
    function count(item: object, level: number): boolean {
      if (level > maxDepth) return refuse(`nested deeper than ${maxDepth} levels`);
      // An issue is copied once for each level above it.
      const share = 1 + (level >> 3);
      containers += share;
      if (Array.isArray(item)) {
        values += item.length * share;
        if (values > maxValues) return tooMany();
        for (let index = 0; index < item.length; index++) {
          const element: unknown = item[index];
          if (isContainer(element) && !count(element, level + 1)) return under(index);
        }
        return true;
      }
      for (const key in item) {
        values += share;
        if (values > maxValues) return tooMany();
        const member = (item as Record<string, unknown>)[key];
        if (isContainer(member) && !count(member, level + 1)) return under(key);
      }
      return true;
    }

    function tooMany(): false {
      return refuse(
        `more than ${maxValues} values (elements and properties of all levels) up to here; send less at once`,
      );
    }

    function refuse(message: string): false {
      excess = { path: [], message };
      return false;
    }

    function under(key: string | number): false {
      excess?.path.unshift(String(key));
      return false;
    }

    if (isContainer(value)) count(value, 1);
    return { values, containers, excess };
  };
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}
