import { describe, expect, it } from "vitest";
import { describeForecast } from "./forecast";

const at = (hour: number, minute: number) => {
  const time = new Date();
  time.setHours(hour, minute, 0, 0);
  return time.toISOString();
};

const forecast = {
  __typename: "WindowForecast" as const,
  probability: 0.76,
  earliest: at(15, 50),
  likely: at(16, 10),
  latest: at(17, 10),
  lowestLevel: 90,
  highestLevel: 100,
  withheldBecause: null,
};

const spaces = (text: string) => text.replace(/\s/g, " ");

describe("the forecast of a window", () => {
  it("has the likely time, its interval and the odds", () => {
    expect(spaces(describeForecast(forecast))).toMatch(
      /^Likely used up around (16:10|4:10 PM) \((15:50|3:50 PM) to (17:10|5:10 PM)\), 8 in 10$/,
    );
  });

  it("has no end if that is after the reset", () => {
    expect(spaces(describeForecast({ ...forecast, latest: null }))).toMatch(
      /\((15:50|3:50 PM) or later\), 8 in 10$/,
    );
  });

  it("is possible or unlikely", () => {
    const possible = { ...forecast, probability: 0.3, likely: null, latest: null };
    expect(describeForecast(possible)).toBe("May be used up before the reset, 3 in 10");
    const unlikely = { ...possible, probability: 0.01, earliest: null };
    expect(describeForecast(unlikely)).toBe("Unlikely to be used up before the reset");
  });

  it("gives the reason if it is withheld", () => {
    const withheld = { ...forecast, probability: null, withheldBecause: "TOO_EARLY" as const };
    expect(describeForecast(withheld)).toBe("No forecast yet: the window has just begun");
  });
});
