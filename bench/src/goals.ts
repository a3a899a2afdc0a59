/** A limit that issue or design states, and what was measured. */
export interface Goal {
  text: string;
  limit: number;
  value: number;
  met: boolean;
}

export function goal(text: string, limit: number, value: number): Goal {
  return { text, limit, value, met: value <= limit };
}

export function goalLine({ text, limit, value, met }: Goal): string {
  if (met) return `met: ${text} ≤ ${limit}, measured ${short(value)}`;
  const excess = limit > 0 ? ` (${Math.round((value / limit - 1) * 100)} % over)` : '';
  return `MISSED: ${text} ≤ ${limit}, measured ${short(value)}${excess}`;
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
