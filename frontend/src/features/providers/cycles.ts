/** A level of a usage window at a time. */
export type Reading = { observedAt: string; usedPercent: number; resetsAt?: string | null };

/** One run of a usage window, from its first use to its reset. */
export type Cycle = { resetsAt: string; usedPercent: number };

/** Resets that differ by less are the same: providers compute them for each answer. */
export const SAME_RESET_MS = 90_000;

/** The cycles of a window, newest first, with the highest level of each. */
export function cyclesOf(readings: readonly Reading[]): Cycle[] {
  const cycles: Cycle[] = [];
  for (const { resetsAt, usedPercent } of readings) {
    if (!resetsAt) continue;
    const known = cycles.find(
      (cycle) => Math.abs(Date.parse(cycle.resetsAt) - Date.parse(resetsAt)) < SAME_RESET_MS,
    );
    if (known) known.usedPercent = Math.max(known.usedPercent, usedPercent);
    else cycles.unshift({ resetsAt, usedPercent });
  }
  return cycles;
}

/** The outline of the levels between two times, in percent of the width and height: levels hold until the next reading. */
export function levelPath(readings: readonly Reading[], from: number, until: number): string {
  const x = (at: number) => ((100 * (at - from)) / (until - from)).toFixed(2);
  const y = (percent: number) => (100 - percent).toFixed(0);
  const steps = readings.map((reading, index) => {
    const at = Math.max(from, Date.parse(reading.observedAt));
    const level = y(reading.usedPercent);
    return index === 0 ? `M${x(at)} ${level}` : `H${x(at)}V${level}`;
  });
  return steps.length === 0 ? "" : `${steps.join("")}H100`;
}
