import { fireEvent, screen, within } from "@solidjs/testing-library";
import { expect, test } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { CostCalculation } from "./CostCalculation";

const calculation = {
  __typename: "CostCalculation",
  tier: "PRIORITY",
  promptTokens: 272_001,
  perRequest: "0.5",
  images: 3,
  perImage: "0.02",
  videoSeconds: 0,
  perVideoSecond: "0.07",
  parts: [
    {
      __typename: "CostPart",
      kind: "CACHE_WRITE_1H",
      tokens: 1000,
      ratePerMillion: "12",
      above: 200_000,
      cost: "0.012",
    },
    {
      __typename: "CostPart",
      kind: "OUTPUT",
      tokens: 20,
      ratePerMillion: "22.5",
      above: null,
      cost: "0.00045",
    },
  ],
};

function open(isOwn: boolean, answers: Answers) {
  renderPage(() => <CostCalculation id="r" isOwn={isOwn} />, answers);
  const details = screen.getByText("Cost calculation").closest("details");
  if (!details) throw new Error("there are no details");
  details.open = true;
  fireEvent(details, new Event("toggle"));
}

function rows() {
  return screen.getAllByRole("row").map((row) =>
    within(row)
      .queryAllByRole("cell")
      .map((cell) => cell.textContent),
  );
}

test("the calculation of a cost is loaded when it is opened, with each kind of token and its rate", async () => {
  open(false, {
    RequestCalculation: () => ({
      data: { request: { __typename: "Request", id: "r", costCalculation: calculation } },
    }),
  });

  expect(await screen.findByText("Priority service, prompt of 272,001 tokens")).toBeDefined();
  expect(rows().slice(1)).toEqual([
    ["Cache write, 1 hourPrompts over 200,000 tokens", "1,000", "$12", "$0.012"],
    ["Output", "20", "$22.5", "$0.00045"],
    ["Requests", "1", "$0.5 each", "$0.5"],
    ["Images", "3", "$0.02 each", "$0.06"],
  ]);
});

test("users see the calculation of their own request", async () => {
  open(true, {
    OwnRequestCalculation: () => ({
      data: {
        viewer: {
          __typename: "KeyHolder",
          request: { __typename: "Request", id: "r", costCalculation: calculation },
        },
      },
    }),
  });

  expect(await screen.findByText("Priority service, prompt of 272,001 tokens")).toBeDefined();
});
