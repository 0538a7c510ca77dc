import { describe, expect, it } from "vitest";
import { cyclesOf, levelPath } from "./cycles";

const at = (hour: number, second = 0) =>
  new Date(Date.UTC(2026, 0, 1, hour, 0, second)).toISOString();

describe("cycles of a usage window", () => {
  it("have the highest level before each reset, newest first", () => {
    const readings = [
      { observedAt: at(0), usedPercent: 20, resetsAt: at(5) },
      { observedAt: at(1), usedPercent: 60, resetsAt: at(5, 40) },
      { observedAt: at(5, 50), usedPercent: 0, resetsAt: null },
      { observedAt: at(6), usedPercent: 5, resetsAt: at(11) },
    ];

    expect(cyclesOf(readings)).toEqual([
      { resetsAt: at(11), usedPercent: 5 },
      { resetsAt: at(5), usedPercent: 60 },
    ]);
  });

  it("are none without readings", () => {
    expect(cyclesOf([])).toEqual([]);
    expect(levelPath([], 0, 1)).toBe("");
  });

  it("are drawn as steps up to the present", () => {
    const readings = [
      { observedAt: at(0), usedPercent: 20, resetsAt: at(5) },
      { observedAt: at(5), usedPercent: 100, resetsAt: at(5) },
    ];

    const path = levelPath(readings, Date.parse(at(0)), Date.parse(at(10)));

    expect(path).toBe("M0.00 80H50.00V0H100");
  });
});
