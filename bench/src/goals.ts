/** A limit that issue or design states, and what was measured. */
export interface Goal {
  text: string;
  bound: 'at most' | 'at least';
  limit: number;
  value: number;
  met: boolean;
}

export function goal(text: string, limit: number, value: number): Goal {
  return { text, bound: 'at most', limit, value, met: value <= limit };
}

export function goalAtLeast(text: string, limit: number, value: number): Goal {
  return { text, bound: 'at least', limit, value, met: value >= limit };
}

export function goalLine(one: Goal): string {
  const { text, limit, value, verdict } = goalWords(one);
  return one.met
    ? `met: ${text} ${limit}, measured ${value}`
    : `MISSED: ${text} ${limit}, measured ${value} (${verdict})`;
}

/** Limit and value as they are written, and the verdict: `met`, or by how much it is not. */
export function goalWords({
  text,
  bound,
  limit,
  value,
  met,
}: Goal): Record<'text' | 'limit' | 'value' | 'verdict', string> {
  const excess = `${Math.round(Math.abs(value / limit - 1) * 100)} % ${bound === 'at most' ? 'over' : 'under'}`;
  return {
    text,
    limit: `${bound === 'at most' ? '≤' : '≥'} ${short(limit)}`,
    value: short(value),
    verdict: met ? 'met' : excess,
  };
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
