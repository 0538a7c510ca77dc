import { createMutation } from "@urql/solid";
import Pencil from "lucide-solid/icons/pencil";
import Plus from "lucide-solid/icons/plus";
import Trash2 from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { graphql, readFragment } from "../../graphql/generated";
import type { QuotaInput } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { IconButton } from "../../ui/IconButton";
import { Panel } from "../../ui/Panel";
import { notify, notifyError } from "../../ui/Toaster";
import { QuotaDialog } from "./QuotaDialog";
import { QuotaFragment, QuotaLine } from "./QuotaSummary";
import { asInput, type QuotaMask } from "./quotaInput";

const SetQuotasMutation = graphql(`
  mutation SetQuotas($input: SetQuotasInput!) {
    setQuotas(input: $input) {
      user {
        id
        quotas {
          id
          ...QuotaState
        }
      }
      apiKey {
        id
        quotas {
          id
          ...QuotaState
        }
      }
    }
  }
`);

/** Whose limits: a user's, or those of one key. */
export type Subject = { userId: string } | { apiKeyId: string };

type QuotaEditorProps = { subject: Subject; hint: string; quotas: readonly QuotaMask[] };

/** The quotas of a user or a key, and what can be done with them. */
export function QuotaEditor(props: QuotaEditorProps) {
  const [change, setQuotas] = createMutation(SetQuotasMutation);
  // The place in the list of the one that is changed; the end of the list for a new one.
  const [edited, setEdited] = createSignal<number>();
  const quotas = () => props.quotas.map((mask) => readFragment(QuotaFragment, mask));
  const inputs = () => quotas().map(asInput);
  const send = (wanted: QuotaInput[]) =>
    setQuotas({ input: { ...props.subject, quotas: wanted } }, { additionalTypenames: ["Quota"] });

  async function save(quota: QuotaInput) {
    const wanted = inputs();
    wanted[edited() ?? wanted.length] = quota;
    const { error } = await send(wanted);
    if (error) return;
    setEdited(undefined);
    notify({ tone: "ok", text: t("limits.saved") });
  }

  async function put(wanted: QuotaInput[], text: string, undo?: QuotaInput[]) {
    const { error } = await send(wanted);
    if (error) return notifyError(error);
    const action = undo && {
      label: t("common.undo"),
      onAct: () => void put(undo, t("limits.restored")),
    };
    notify({ tone: "ok", text, action });
  }
  const remove = (index: number) =>
    put(
      inputs().filter((_, each) => each !== index),
      t("limits.removed"),
      inputs(),
    );
  const addButton = (tone: "plain" | "primary") => (
    <Button size="small" tone={tone} onClick={() => setEdited(quotas().length)}>
      <Plus class="size-4" aria-hidden="true" />
      {t("limits.add")}
    </Button>
  );

  return (
    <Panel
      title={t("limits.quotas")}
      hint={props.hint}
      actions={<Show when={quotas().length > 0}>{addButton("plain")}</Show>}
    >
      <Show
        when={quotas().length > 0}
        fallback={
          <EmptyState title={t("limits.none")} action={addButton("primary")}>
            {t("limits.noneHint")}
          </EmptyState>
        }
      >
        <ul class="flex flex-col divide-y divide-line">
          <For each={props.quotas}>
            {(quota, index) => (
              <QuotaLine
                quota={quota}
                actions={
                  <span class="flex gap-1">
                    <IconButton label={t("limits.edit")} onClick={() => setEdited(index())}>
                      <Pencil class="size-4" aria-hidden="true" />
                    </IconButton>
                    <IconButton
                      label={t("limits.remove")}
                      disabled={change.fetching}
                      onClick={() => void remove(index())}
                    >
                      <Trash2 class="size-4" aria-hidden="true" />
                    </IconButton>
                  </span>
                }
              />
            )}
          </For>
        </ul>
      </Show>
      <QuotaDialog
        open={edited() !== undefined}
        quota={quotas()[edited() ?? -1]}
        mutation={change}
        onSave={(quota) => void save(quota)}
        onClose={() => setEdited(undefined)}
      />
    </Panel>
  );
}
