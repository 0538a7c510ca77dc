import { Route, Router } from "@solidjs/router";
import { render } from "@solidjs/testing-library";
import { Client, type Exchange, makeResult, type Operation } from "@urql/core";
import { Provider } from "@urql/solid";
import { type FormattedExecutionResult, Kind } from "graphql";
import type { JSX } from "solid-js";
import { filter, fromArray, map, mergeMap, never, pipe, type Source } from "wonka";
import type { Role } from "../graphql/generated/graphql";
import { RoleContext } from "../graphql/may";

type Reply =
  | FormattedExecutionResult
  | FormattedExecutionResult[]
  | Source<FormattedExecutionResult>;

/**
 * What the fake server answers to each operation, by its name: once, or for a subscription event by event, as a
 * list or while the test goes on. An operation without an answer waits.
 */
export type Answers = Record<string, (variables: Record<string, unknown>) => Reply>;

function nameOf(operation: Operation): string {
  const definition = operation.query.definitions.find(
    (each) => each.kind === Kind.OPERATION_DEFINITION,
  );
  return definition?.name?.value ?? "";
}

/** An exchange that replaces the server. */
export function answering(answers: Answers): Exchange {
  return () => (operations) =>
    pipe(
      operations,
      filter((operation) => operation.kind !== "teardown"),
      mergeMap((operation) => {
        const answer = answers[nameOf(operation)];
        if (!answer) return never;
        const reply = answer(operation.variables ?? {});
        const results = typeof reply === "function" ? reply : fromArray([reply].flat());
        return pipe(
          results,
          map((result) => makeResult(operation, result)),
        );
      }),
    );
}

/** Renders a page with these responses of the server, for an administrator of this role. */
export function renderPage(page: () => JSX.Element, answers: Answers, role: Role = "OWNER") {
  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [answering(answers)],
  });
  return render(() => (
    <Provider value={client}>
      <RoleContext.Provider value={() => role}>
        <Router>
          <Route path="*" component={page} />
        </Router>
      </RoleContext.Provider>
    </Provider>
  ));
}
