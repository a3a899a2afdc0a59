/** One line of the Prometheus text format. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)(?: -?\d+)?$/;
const COMMENT =
  /^# (?:HELP [a-zA-Z_:][\w:]* .*|TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|histogram|summary|untyped)|UNIT .*)$/;

/**
 * Reads the text format as Prometheus does.
 *
 * @throws for a line that is none.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parsePrometheus(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    if (line.startsWith('#')) {
      if (COMMENT.test(line)) return [];
      throw new Error(`Not a comment of the format: ${line}`);
    }
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`Not a sample: ${line}`);
    const number = value === '+Inf' ? Infinity : Number(value);
    if (Number.isNaN(number)) throw new Error(`Not a number: ${line}`);
    const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
    return [
      {
        name,
        labels: Object.fromEntries([...pairs].map(([, key, content]) => [key, content])),
        value: number,
      },
    ];
  });
}
