import type { AlertFragment } from "../graphql/generated/graphql";

type Given = Partial<Omit<AlertFragment, "detail">> & { detail?: object };

/** An open alert that is not acknowledged, with these values. */
export function makeAlert({ detail, ...more }: Given): AlertFragment {
  return {
    __typename: "Alert",
    id: "alert",
    kind: "ENGINE_DOWN",
    severity: "WARNING",
    subject: { __typename: "AlertSubject", id: null, name: null },
    raisedAt: "2026-11-25T11:00:00Z",
    endedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    ...more,
    detail: {
      __typename: "AlertDetail",
      reason: null,
      provider: null,
      until: null,
      lastAt: null,
      requests: null,
      failed: null,
      minutes: null,
      everyHours: null,
      freeBytes: null,
      failedVersion: null,
      previousVersion: null,
      quota: null,
      ...detail,
    },
  } as AlertFragment;
}
