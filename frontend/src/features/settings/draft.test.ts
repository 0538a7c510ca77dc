import { expect, test } from "vitest";
import { settingsWith } from "../../test/settings";
import { changedFields, draftOf, inputOf, rebase } from "./draft";

const MEBIBYTE = 1024 ** 2;
const settings = settingsWith({ requestsPerMinute: 60 });

test("only what was changed is sent", () => {
  const before = draftOf(settings);

  expect(inputOf(before, before)).toEqual({});
  expect(inputOf(before, { ...before, drainBytes: "1.5" })).toEqual({
    drainBytes: 1.5 * MEBIBYTE,
  });
});

test("keeping error messages is turned off and on", () => {
  const before = draftOf(settings);

  expect(before.keepErrorMessages).toBe("ON");
  expect(inputOf(before, { ...before, keepErrorMessages: "OFF" })).toEqual({
    keepErrorMessages: false,
  });
});

test("one part of the speed limit takes the others along, because they are replaced together", () => {
  const before = draftOf(settings);

  expect(inputOf(before, { ...before, concurrentRequests: "4" })).toEqual({
    defaultRateLimit: {
      requestsPerMinute: 60,
      tokensPerMinute: null,
      concurrentRequests: 4,
      concurrentSockets: null,
      maxWaitSeconds: null,
    },
  });
});

test("of routing only what was changed is sent, for the rest is not replaced", () => {
  const before = draftOf(settings);

  expect(
    inputOf(before, { ...before, strategy: "FILL_FIRST", cooldown: "OFF", requestRetries: "0" }),
  ).toEqual({ routing: { strategy: "FILL_FIRST", cooldown: false, requestRetries: 0 } });
});

test("changes that were saved meanwhile are kept, with one's own changes on top of them", () => {
  const base = draftOf(settings);
  const mine = { ...base, retentionDays: "30" };
  const theirs = { ...base, drainSeconds: "10", retentionDays: "60" };

  const both = rebase(base, mine, theirs);

  expect(both).toMatchObject({ drainSeconds: "10", retentionDays: "30" });
  expect(changedFields(theirs, both)).toEqual(["retentionDays"]);
});
