import type { CombinedError } from "@urql/core";
import { untrack } from "solid-js";

/** The error of a mutation, unless it is from before: a dialog that opens again does not show an earlier failure. */
export function createFresh(
  read: () => CombinedError | undefined,
): () => CombinedError | undefined {
  const earlier = untrack(read);
  return () => (read() === earlier ? undefined : read());
}
