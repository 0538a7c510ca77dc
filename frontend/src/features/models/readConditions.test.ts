import { expect, test } from "vitest";
import { readConditions } from "./readConditions";

function form(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const RATES = {
  inputPerMillion: null,
  cacheReadPerMillion: null,
  cacheWritePerMillion: null,
  cacheWrite1hPerMillion: null,
  outputPerMillion: null,
  reasoningPerMillion: null,
};

test("a flat price has no conditions", () => {
  expect(readConditions(form({ input: "1", cacheWrite1h: "" }))).toEqual({
    cacheWrite1hPerMillion: null,
    longPromptRule: "WHOLE_REQUEST",
    longPrompts: [],
    serviceTiers: [],
    perImage: null,
    perVideoSecond: null,
  });
});

test("long prompts and service tiers are read row by row", () => {
  const read = readConditions(
    form({
      cacheWrite1h: "6",
      longPromptRule: "PART_ABOVE",
      "long.0.above": "200000",
      "long.0.input": "6",
      "long.2.above": "400000",
      "long.2.cacheRead": "1",
      "tier.1.tier": "FLEX",
      "tier.1.multiplier": "0.5",
      "tier.3.tier": "PRIORITY",
      "tier.3.multiplier": "",
      "tier.3.output": "30",
      "tier.3.long.0.above": "272000",
      "tier.3.long.0.input": "10",
      "tier.3.long.4.above": "500000",
      perImage: "0.04",
      perVideoSecond: "0.07",
    }),
  );

  expect(read).toEqual({
    cacheWrite1hPerMillion: "6",
    longPromptRule: "PART_ABOVE",
    longPrompts: [
      { above: 200_000, ...RATES, inputPerMillion: "6" },
      { above: 400_000, ...RATES, cacheReadPerMillion: "1" },
    ],
    serviceTiers: [
      { tier: "FLEX", multiplier: "0.5", ...RATES, longPrompts: [] },
      {
        tier: "PRIORITY",
        multiplier: null,
        ...RATES,
        outputPerMillion: "30",
        longPrompts: [
          { above: 272_000, ...RATES, inputPerMillion: "10" },
          { above: 500_000, ...RATES },
        ],
      },
    ],
    perImage: "0.04",
    perVideoSecond: "0.07",
  });
});
