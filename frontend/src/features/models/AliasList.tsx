import { createMutation, createQuery } from "@urql/solid";
import ArrowRight from "lucide-solid/icons/arrow-right";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { ModelAliasesQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { IconButton } from "../../ui/IconButton";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";
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

function AliasRow(props: { alias: Alias; onEdit: () => void }) {
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
      <div class="ml-auto flex items-center gap-1">
        <Button
          size="small"
          tone="quiet"
          aria-label={`${t("models.change")} ${props.alias.alias}`}
          onClick={() => props.onEdit()}
        >
          {t("models.change")}
        </Button>
        <IconButton
          label={t("models.removeLabel", { alias: props.alias.alias })}
          disabled={change.fetching}
          onClick={() => void takeAway()}
        >
          <Trash class="size-4" aria-hidden="true" />
        </IconButton>
      </div>
    </li>
  );
}

/** Other names for models. */
export function AliasList() {
  const [query] = createQuery({
    query: ModelAliasesQueryDoc,
    context: { additionalTypenames: ["ModelAlias", "ProviderAccount"] },
  });
  const [edited, setEdited] = createSignal<Alias | "new">();
  const add = (label: string, size: "small" | "normal" = "small"): JSX.Element => (
    <Button size={size} onClick={() => setEdited("new")}>
      {label}
    </Button>
  );
  return (
    <Panel
      flush
      title={t("models.aliases")}
      hint={t("models.aliasesHint")}
      actions={add(t("models.addAlias"))}
    >
      <Show when={query.error}>
        <div class="p-4">
          <ErrorNotice error={query.error} />
        </div>
      </Show>
      <Switch fallback={<Show when={!query.error}>{<SkeletonRows rows={3} />}</Show>}>
        <Match when={query.data?.modelAliases.length}>
          <ul class="divide-y divide-line">
            <For each={query.data?.modelAliases}>
              {(alias) => <AliasRow alias={alias} onEdit={() => setEdited(alias)} />}
            </For>
          </ul>
        </Match>
        <Match when={query.data}>
          <EmptyState
            title={t("models.aliasesNone")}
            action={add(t("models.addAliasFirst"), "normal")}
          >
            {t("models.aliasesNoneHint")}
          </EmptyState>
        </Match>
      </Switch>
      <AliasDialog edited={edited()} onClose={() => setEdited(undefined)} />
    </Panel>
  );
}
