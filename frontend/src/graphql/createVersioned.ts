import type { CombinedError } from "@urql/core";
import { batch, createSignal } from "solid-js";
import { unwrap } from "solid-js/store";
import { isOutdated } from "./errors";

const MAX_ATTEMPTS = 3;

type Options<State, Row> = {
  /** The values that the form begins with. */
  first: State;
  /** Reads the present values from the server; undefined if they are gone or cannot be read. */
  read: () => Promise<State | undefined>;
  /** The fields of the form that differ. */
  compare: (before: State, after: State) => Row[];
};

/**
 * The values that a form is based on, with their version. The form keeps them while the page behind it is updated.
 * If another administrator has saved in the meantime, the form is based on the present values with the unsaved
 * changes on top, and the conflict has what both have changed.
 */
export function createVersioned<State extends { version: number }, Row>(
  options: Options<State, Row>,
) {
  // A copy: urql puts later answers into the same object.
  const copy = (state: State): State => structuredClone(unwrap(state));
  const [base, setBase] = createSignal<State>(copy(options.first));
  const [shown, setShown] = createSignal<State>(copy(options.first));
  const [conflict, setConflict] = createSignal<{ theirs: Row[]; yours: Row[] }>();

  function accept(state: State) {
    batch(() => {
      setBase(() => copy(state));
      setShown(() => copy(state));
      setConflict(undefined);
    });
  }

  /** Reads what was saved meanwhile. Resolves to whether it differs from what the form is based on. */
  async function rebase(changes: Partial<State>): Promise<boolean | undefined> {
    const [before, theirs] = [base(), await options.read()];
    if (!theirs) return undefined;
    const mine = { ...theirs, ...changes };
    const rows = options.compare(before, theirs);
    batch(() => {
      setBase(() => copy(theirs));
      setShown(() => copy(mine));
      if (rows.length > 0) {
        setConflict({ theirs: rows, yours: options.compare(theirs, mine) });
      }
    });
    return rows.length > 0;
  }

  /**
   * Sends what the form changes, with the version that it is based on. Sends it again by itself if what others have
   * saved does not concern the form. `valuesOf` has the changes as values of the form, where the input differs from
   * them. Resolves to the response, undefined if nothing was saved.
   */
  async function save<Input extends object, Sent extends { error?: CombinedError | undefined }>(
    inputOf: (base: State) => Input,
    send: (input: Input, expectedVersion: number) => Promise<Sent>,
    valuesOf: (input: Input) => Partial<State> = (input) => input,
  ): Promise<Sent | undefined> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const input = inputOf(base());
      const sent = await send(input, base().version);
      if (!sent.error) return sent;
      if (!isOutdated(sent.error)) return undefined;
      if ((await rebase(valuesOf(input))) !== false) return undefined;
    }
    return undefined;
  }

  return { base, shown, conflict, accept, save };
}
