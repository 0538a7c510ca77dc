import { createQuery } from "@urql/solid";
import ArrowRight from "lucide-solid/icons/arrow-right";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, type JSX, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ModelAliasesQuery } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { IconButton } from "../../ui/IconButton";
import { ListPanel } from "../../ui/ListPanel";
import { notify, notifyError } from "../../ui/Toaster";
import { AliasDialog, SetModelAliasMutation } from "./AliasDialog";
import { ProviderMarks } from "./ProviderMarks";

const ModelAliasesQueryDoc = graphql(`
  query ModelAliases {
    modelAliases {
      alias
      model
      provider
      active
      createdAt
    }
  }
`);

const DeleteModelAliasMutation = graphql(`
  mutation DeleteModelAlias($alias: String!) {
    deleteModelAlias(alias: $alias) {
      alias {
        alias
      }
    }
  }
`);

type Alias = ModelAliasesQuery["modelAliases"][number];

function AliasActions(props: { alias: Alias; onEdit: () => void }) {
  const [change, remove] = createMutation(DeleteModelAliasMutation);
  const [, set] = createMutation(SetModelAliasMutation);

  async function takeAway() {
    const { alias, model, provider } = props.alias;
    const { error } = await remove({ alias });
    if (error) return notifyError(error);
    const bringBack = async () => {
      const back = await set({ input: { alias, model, provider: provider ?? null } });
      if (back.error) notifyError(back.error);
    };
    notify({
      tone: "ok",
      text: t("models.aliasDeleted", { alias }),
      action: { label: t("common.undo"), onAct: () => void bringBack() },
    });
  }

  return (
    <div class="ml-auto flex items-center gap-1">
      <Button
        size="small"
        tone="quiet"
        aria-label={`${t("common.edit")} ${props.alias.alias}`}
        onClick={() => props.onEdit()}
      >
        {t("common.edit")}
      </Button>
      <IconButton
        label={t("models.removeLabel", { alias: props.alias.alias })}
        disabled={change.fetching}
        onClick={() => void takeAway()}
      >
        <Trash class="size-4" aria-hidden="true" />
      </IconButton>
    </div>
  );
}

function AliasRow(props: { alias: Alias; onEdit: () => void }) {
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5 sm:px-5">
      <div class="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
        <span class="font-mono text-xs font-semibold break-all">{props.alias.alias}</span>
        <ArrowRight class="size-3.5 shrink-0 text-faint" aria-label={t("models.leadsTo")} />
        <span class="font-mono text-xs break-all text-muted">{props.alias.model}</span>
        <Show when={props.alias.provider}>
          {(kind) => (
            <span class="text-sm text-muted">
              <ProviderMarks kinds={[kind()]} />
            </span>
          )}
        </Show>
        <Badge
          tone={props.alias.active ? "ok" : "warn"}
          title={props.alias.active ? undefined : t("models.inactiveHint")}
        >
          {props.alias.active ? t("models.active") : t("models.inactive")}
        </Badge>
      </div>
      <May do="setModelAlias">
        <AliasActions alias={props.alias} onEdit={props.onEdit} />
      </May>
    </li>
  );
}

/** The aliases of models. */
export function AliasList() {
  const [query] = createQuery({
    query: ModelAliasesQueryDoc,
    context: { additionalTypenames: ["ModelAlias", "ProviderAccount"] },
  });
  const [edited, setEdited] = createSignal<Alias | "new">();
  const add = (label: string, size: "small" | "normal" = "small"): JSX.Element => (
    <May do="setModelAlias">
      <Button size={size} onClick={() => setEdited("new")}>
        {label}
      </Button>
    </May>
  );
  return (
    <>
      <ListPanel
        title={t("models.aliases")}
        hint={t("models.aliasesHint")}
        actions={add(t("models.addAlias"))}
        error={query.error}
        count={query.data?.modelAliases.length}
        usual={3}
        empty={
          <EmptyState
            do="setModelAlias"
            title={t("models.aliasesNone")}
            action={add(t("models.addAlias"), "normal")}
          >
            {t("models.aliasesNoneHint")}
          </EmptyState>
        }
      >
        <ul class="divide-y divide-line">
          <For each={query.data?.modelAliases}>
            {(alias) => <AliasRow alias={alias} onEdit={() => setEdited(alias)} />}
          </For>
        </ul>
      </ListPanel>
      <May do="setModelAlias">
        <AliasDialog edited={edited()} onClose={() => setEdited(undefined)} />
      </May>
    </>
  );
}
