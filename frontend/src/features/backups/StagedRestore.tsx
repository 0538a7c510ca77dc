import { createMutation } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { notify, notifyError } from "../../ui/Toaster";
import { words } from "./words";

const CancelRestoreMutation = graphql(`
  mutation CancelRestore {
    cancelRestore {
      stagedRestore {
        name
      }
    }
  }
`);

/** What the next start of the server restores, or why the last one could not. */
export function StagedRestore(props: { name: string; failure: string | null | undefined }) {
  const [change, cancelRestore] = createMutation(CancelRestoreMutation);

  async function cancel() {
    const { error } = await cancelRestore({}, { additionalTypenames: ["StagedRestore"] });
    if (error) notifyError(error);
    else notify({ tone: "ok", text: words().cancelled });
  }

  return (
    <Notice
      tone={props.failure ? "bad" : "warn"}
      action={
        <Button size="small" pending={change.fetching} onClick={() => void cancel()}>
          {words().cancelRestore}
        </Button>
      }
    >
      <Show
        when={props.failure}
        fallback={
          <>
            <span class="font-medium">{words().staged(props.name)}</span> {words().stagedHint}
          </>
        }
      >
        <span class="font-medium">{words().stagedFailed(props.name)}</span> {props.failure}
      </Show>
    </Notice>
  );
}
