import Pencil from "lucide-solid/icons/pencil";
import Plus from "lucide-solid/icons/plus";
import Trash2 from "lucide-solid/icons/trash";
import TrendingUp from "lucide-solid/icons/trending-up";
import { createSignal, For, Show } from "solid-js";
import { readFragment } from "../graphql/generated";
import type { QuotaInput, QuotaStateFragment } from "../graphql/generated/graphql";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { IconButton } from "../ui/IconButton";
import { Panel } from "../ui/Panel";
import { notify, notifyError } from "../ui/Toaster";
import { createQuotaChange, type QuotaHolder } from "./createQuotaChange";
import { QuotaDialog } from "./QuotaDialog";
import { QuotaFragment, QuotaLine } from "./QuotaSummary";
import { asInput, type QuotaMask } from "./quotaInput";
import { RaiseDialog } from "./RaiseDialog";

type QuotaEditorProps = QuotaHolder & { hint: string; quotas: readonly QuotaMask[] };

function Editor(props: QuotaEditorProps) {
  const quotas = createQuotaChange(props);
  const { send } = quotas;
  const [raised, setRaised] = createSignal<QuotaStateFragment>();

  async function restore(quota: QuotaInput) {
    const { error } = await send({ add: [quota] });
    if (error) return notifyError(error);
    notify({ tone: "ok", text: t("limits.restored") });
  }
  async function remove(quota: QuotaStateFragment) {
    const undo = asInput(quota);
    const { error } = await send({ remove: [quota.id] });
    if (error) return notifyError(error);
    const action = { label: t("common.undo"), onAct: () => void restore(undo) };
    notify({ tone: "ok", text: t("limits.removed"), action });
  }
  const addButton = (tone: "plain" | "primary") => (
    <Button size="small" tone={tone} onClick={() => quotas.open("new")}>
      <Plus class="size-4" aria-hidden="true" />
      {t("limits.add")}
    </Button>
  );

  return (
    <Panel
      title={t("limits.quotas")}
      hint={props.hint}
      actions={<Show when={props.quotas.length > 0}>{addButton("plain")}</Show>}
    >
      <Show
        when={props.quotas.length > 0}
        fallback={
          <EmptyState title={t("limits.none")} action={addButton("primary")}>
            {t("limits.noneHint")}
          </EmptyState>
        }
      >
        <ul class="flex flex-col divide-y divide-line">
          <For each={props.quotas}>
            {(quota) => (
              <QuotaLine
                quota={quota}
                actions={
                  <span class="flex gap-1">
                    <May do="setQuotaRaise">
                      <IconButton
                        label={t("limits.raise")}
                        onClick={() => setRaised(readFragment(QuotaFragment, quota))}
                      >
                        <TrendingUp class="size-4" aria-hidden="true" />
                      </IconButton>
                    </May>
                    <IconButton
                      label={t("limits.edit")}
                      onClick={() => quotas.open(readFragment(QuotaFragment, quota))}
                    >
                      <Pencil class="size-4" aria-hidden="true" />
                    </IconButton>
                    <IconButton
                      label={t("limits.remove")}
                      disabled={quotas.change.fetching}
                      onClick={() => void remove(readFragment(QuotaFragment, quota))}
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
        open={quotas.edited() !== undefined}
        quota={quotas.known()}
        subject={props.subject}
        mutation={quotas.change}
        conflict={quotas.conflict()}
        onSave={(quota) => void quotas.save(quota)}
        onClose={() => quotas.open(undefined)}
      />
      <RaiseDialog quota={raised()} onClose={() => setRaised(undefined)} />
    </Panel>
  );
}

/** The quotas of a user or a key, and what can be done with them. */
export function QuotaEditor(props: QuotaEditorProps) {
  return (
    <May
      do="changeQuotas"
      fallback={
        <Panel title={t("limits.quotas")} hint={props.hint}>
          <ul class="flex flex-col divide-y divide-line">
            <For each={props.quotas} fallback={<li class="text-muted">{t("limits.none")}</li>}>
              {(quota) => <QuotaLine quota={quota} />}
            </For>
          </ul>
        </Panel>
      }
    >
      <Editor {...props} />
    </May>
  );
}
