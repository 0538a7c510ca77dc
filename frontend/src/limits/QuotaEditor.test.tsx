import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test, vi } from "vitest";
import type { QuotaInput } from "../graphql/generated/graphql";
import { renderPage } from "../test/render";
import { QuotaEditor } from "./QuotaEditor";

const quota = {
  __typename: "Quota",
  id: "q1",
  metric: "TOKENS",
  limit: 1000,
  effectiveLimit: 1000,
  raise: null,
  used: 0,
  reserved: 0,
  remaining: 1000,
  usedPercent: 0,
  resetsAt: null,
  window: "MONTH",
  rollingSeconds: null,
  provider: null,
  modelPattern: null,
  timezone: "UTC",
  softPercents: [80],
  strict: false,
  unpriced: null,
  freeModels: null,
  warningPercent: null,
};

test("a quota that was changed by someone else is merged, not overwritten", async () => {
  const user = userEvent.setup();
  let present = { version: 1, quota };
  const saved = vi.fn();
  const outdated = new GraphQLError("outdated", {
    extensions: { code: "CONFLICT", currentVersion: 2 },
  });
  const holder = () => ({
    __typename: "User",
    id: "u1",
    quotasVersion: present.version,
    quotas: [present.quota],
  });
  renderPage(
    () => (
      <QuotaEditor
        userId="u1"
        subject={{ userId: "u1" }}
        version={1}
        hint=""
        quotas={[quota] as never}
      />
    ),
    {
      PresentQuotas: () => ({ data: { user: { ...holder(), apiKeys: [] } } }),
      ChangeQuotas: ({ input, expectedVersion }) => {
        if (expectedVersion !== present.version) return { data: null, errors: [outdated] };
        saved((input as { add: QuotaInput[] }).add[0]);
        return {
          data: {
            changeQuotas: { __typename: "SetQuotasPayload", user: holder(), apiKey: null },
          },
        };
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Edit quota" }));
  const limit = await screen.findByLabelText("Limit");
  await user.clear(limit);
  await user.type(limit, "1.5 million");
  present = { version: 2, quota: { ...quota, strict: true, softPercents: [50, 80] } };

  await user.click(screen.getByRole("button", { name: "Save" }));

  const theirs = await screen.findByRole("table", { name: "Their changes" });
  expect(theirs.textContent).toContain("50, 80");
  expect(screen.getByLabelText(/Hard limit/)).toHaveProperty("checked", true);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(saved).toHaveBeenCalled());
  expect(saved.mock.calls[0]?.[0]).toMatchObject({
    limit: 1_500_000,
    strict: true,
    softPercents: [50, 80],
  });
});

test("a new quota shows what it would start with, and warns if that is too much", async () => {
  const user = userEvent.setup();
  const asked = vi.fn();
  renderPage(
    () => <QuotaEditor userId="u1" subject={{ userId: "u1" }} version={1} hint="" quotas={[]} />,
    {
      QuotaPreview: (variables) => {
        asked(variables);
        const { limit } = variables.quota as QuotaInput;
        return {
          data: {
            quotaPreview: {
              __typename: "QuotaPreview",
              used: 1_800_000,
              rejectsImmediately: Number(limit) <= 1_800_000,
              resetsAt: null,
            },
          },
        };
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Add quota" }));

  await screen.findByText("Used in the current period: 1.8M tokens");
  await user.type(screen.getByLabelText("Limit"), "1M");
  await screen.findByText(/1.8M tokens already used: requests will be rejected immediately/);
  expect(asked.mock.lastCall?.[0]).toMatchObject({
    userId: "u1",
    quota: { metric: "TOKENS", limit: 1_000_000, window: "MONTH" },
  });
  await user.clear(screen.getByLabelText("Limit"));
  await user.type(screen.getByLabelText("Limit"), "2 million");
  await screen.findByText("Used in the current period: 1.8M tokens");
});

test("a raise is for its quota, and a wrong amount of an earlier attempt is forgotten", async () => {
  const user = userEvent.setup();
  const sent = vi.fn();
  renderPage(
    () => (
      <QuotaEditor
        userId="u1"
        subject={{ userId: "u1" }}
        version={1}
        hint=""
        quotas={[quota] as never}
      />
    ),
    {
      SetQuotaRaise: (variables) => {
        sent(variables);
        return { data: { setQuotaRaise: { quota } } };
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Raise temporarily" }));
  await screen.findByText("1,000 tokens, monthly");
  await user.type(screen.getByLabelText("Additional tokens"), "nothing");
  await user.type(screen.getByLabelText("Reason"), "release");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText(/^Enter an amount/);
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

  await user.click(await screen.findByRole("button", { name: "Raise temporarily" }));
  await user.type(await screen.findByLabelText("Additional tokens"), "500");
  expect(screen.queryByText(/^Enter an amount/)).toBeNull();
  await user.type(screen.getByLabelText("Reason"), "release");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent.mock.calls[0]?.[0]).toMatchObject({ quotaId: "q1", raise: { amount: 500 } });
});
