import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createSignal, createUniqueId, For, Match, Show, Switch } from "solid-js";
import { describeReason } from "../../alerts/describeReason";
import { graphql } from "../../graphql/generated";
import type { ResolveModelQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { UserPicker } from "../../pickers/UserPicker";
import { AccountStatus } from "../../ui/AccountStatus";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Fact, Facts } from "../../ui/Facts";
import { TextField } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { PriceTag } from "./PriceTag";
import { ProviderMarks } from "./ProviderMarks";

const ResolveModelQueryDoc = graphql(`
  query ResolveModel($name: String!, $userId: ID!) {
    resolveModel(name: $name, userId: $userId) {
      name
      servedModel
      problem
      providers
      alias {
        alias
        model
      }
      accounts {
        id
        label
        kind
        status
        statusReason
        coolingUntil
      }
      offeringAccounts {
        excludedBecause
        account {
          id
          label
        }
      }
      price {
        id
        inputPerMillion
        outputPerMillion
      }
    }
  }
`);

const ResolveChoicesQuery = graphql(`
  query ResolveChoices {
    models {
      name
    }
    users(first: 1, orderBy: { field: NAME, direction: ASC }) {
      nodes {
        id
      }
    }
  }
`);

type Answer = ResolveModelQuery["resolveModel"];

/** The engine may choose any of the accounts, also a failing one. */
function Served(props: { answer: Answer }) {
  const model = () => props.answer.servedModel;
  const working = () =>
    props.answer.accounts.filter(({ status }) => status === "ACTIVE" || status === "UNKNOWN");
  return (
    <Switch fallback={<Notice tone="ok">{t("models.serves", { model: model() })}</Notice>}>
      <Match when={props.answer.accounts.length > 0 && working().length === 0}>
        <Notice tone="bad">
          <p class="font-medium">{t("models.noWorking", { model: model() })}</p>
          <p>{t("models.noWorkingHint")}</p>
        </Notice>
      </Match>
      <Match when={working().length < props.answer.accounts.length}>
        <Notice tone="warn">{t("models.someWorking", { model: model() })}</Notice>
      </Match>
    </Switch>
  );
}

function ResolutionResult(props: { answer: Answer }) {
  return (
    <div class="flex flex-col gap-4">
      <Show when={props.answer.problem} fallback={<Served answer={props.answer} />}>
        {(problem) => (
          <Notice tone="bad">
            <p class="font-medium">{t(`models.problems.${problem()}`)}</p>
            <p>{t(`models.cures.${problem()}`)}</p>
          </Notice>
        )}
      </Show>
      <Facts>
        <Fact name={t("models.routed")}>
          <span class="font-mono text-xs break-all">{props.answer.name}</span>
        </Fact>
        <Fact name={t("models.leadsTo")}>
          <span class="font-mono text-xs break-all">{props.answer.servedModel}</span>
        </Fact>
        <Fact name={t("models.cost")}>
          <PriceTag price={props.answer.price} />
        </Fact>
        <Show when={props.answer.providers.length > 0}>
          <Fact name={t("common.provider")}>
            <ProviderMarks kinds={props.answer.providers} />
          </Fact>
        </Show>
        <Show when={props.answer.accounts.length > 0}>
          <Fact name={t("models.accounts")}>
            <ul class="flex flex-col gap-1">
              <For each={props.answer.accounts}>
                {(account) => (
                  <li class="flex flex-wrap items-center gap-x-2 gap-y-1">
                    {account.label}
                    <AccountStatus status={account.status} coolingUntil={account.coolingUntil} />
                    <Show when={account.statusReason}>
                      {(reason) => (
                        <span class="text-sm text-muted">{describeReason(reason())}</span>
                      )}
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </Fact>
        </Show>
        <Excluded answer={props.answer} />
      </Facts>
    </div>
  );
}

/** The accounts that have the model and would not serve the request, with the reason. */
function Excluded(props: { answer: Answer }) {
  const excluded = () =>
    props.answer.offeringAccounts.flatMap(({ account, excludedBecause }) =>
      excludedBecause ? [{ ...account, reason: excludedBecause }] : [],
    );
  return (
    <Show when={excluded().length > 0}>
      <Fact name={t("models.otherAccounts")}>
        <ul class="flex flex-col gap-1">
          <For each={excluded()}>
            {(account) => (
              <li>
                {account.label}{" "}
                <span class="text-sm text-muted">{t(`models.exclusions.${account.reason}`)}</span>
              </li>
            )}
          </For>
        </ul>
      </Fact>
    </Show>
  );
}

/** Resolves a model name for a user: the model and accounts that serve it, or why none can. */
export function Resolution() {
  const [search, setSearch] = useSearchParams<{ name?: string; user?: string }>();
  const [choices] = createQuery({ query: ResolveChoicesQuery });
  const first = () => choices.data?.users.nodes[0]?.id;
  const asked = () => search.user ?? first();
  const [user, setUser] = createSignal<string>();
  const userId = () => user() ?? asked();
  const [query] = createQuery({
    query: ResolveModelQueryDoc,
    variables: () => ({ name: search.name ?? "", userId: asked() ?? "" }),
    pause: () => !search.name || !asked(),
    requestPolicy: "network-only",
  });
  const list = createUniqueId();

  return (
    <Panel title={t("models.whoTitle")} hint={t("models.whoHint")}>
      <form
        class="grid items-end gap-4 sm:grid-cols-[1fr_14rem_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          setSearch({ name: readText(form, "name"), user: userId() });
        }}
      >
        <TextField
          label={t("common.model")}
          name="name"
          value={search.name ?? ""}
          list={list}
          autocomplete="off"
          required
        />
        <datalist id={list}>
          <For each={choices.data?.models}>{({ name }) => <option value={name} />}</For>
        </datalist>
        <div class="flex min-w-0 flex-col gap-1.5">
          <span class="font-medium" aria-hidden="true">
            {t("common.user")}
          </span>
          <UserPicker label={t("common.user")} value={userId()} tall onChoose={setUser} />
        </div>
        <Button tone="primary" type="submit" pending={query.fetching}>
          {t("models.ask")}
        </Button>
      </form>
      <div class="mt-5">
        <ErrorNotice error={choices.error ?? query.error} />
        <Show when={search.name} fallback={<p class="text-muted">{t("models.whoStart")}</p>}>
          <Show
            when={query.data?.resolveModel}
            fallback={<Show when={query.fetching}>{<SkeletonText />}</Show>}
          >
            {(answer) => <ResolutionResult answer={answer()} />}
          </Show>
        </Show>
      </div>
    </Panel>
  );
}
