import { For, type JSX, Show } from "solid-js";
import { describeReason } from "../../alerts/describeReason";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AccountRowFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { AccountStatus } from "../../ui/AccountStatus";
import { Badge } from "../../ui/Badge";
import { Code } from "../../ui/Code";
import { Ago } from "../../ui/Moment";
import { OnOff } from "../../ui/OnOff";
import { Switch } from "../../ui/Switch";
import { AccountActions } from "./AccountActions";
import { AccountTraffic } from "./AccountTraffic";
import { createAccountEnabling } from "./createAccountEnabling";
import { ResumeAccount } from "./ResumeAccount";
import { Windows } from "./Windows";

const AccountRowFragmentDoc = graphql(`
  fragment AccountRow on ProviderAccount {
    id
    label
    credential
    lastFour
    email
    plan
    baseUrl
    prefix
    priority
    weight
    headerNames
    groups {
      id
      name
    }
    enabled
    status
    statusReason
    coolingUntil
    problem
    problemAt
    lastError {
      message
      status
      at
    }
    expiresAt
    lastUsedAt
    windows {
      name
      usedPercent
      resetsAt
      estimate {
        level
        outsidePercent
        forecast {
          ...WindowForecastPart
        }
      }
      stopAtPercent
    }
    maxConcurrentRequests
    unavailability {
      reason
      window
      until
    }
    engineProcess {
      phase
      state
      lastError
    }
    windowsReportedAt
    models {
      name
      alias
    }
    ...AccountTraffic
    ...AccountActions
  }
`);

const MODELS_SHOWN = 12;

/** The user or key of the account, and its last use. */
function Credential(props: { account: AccountRowFragment }) {
  return (
    <p class="text-sm break-words text-muted">
      {t(`providers.credentials.${props.account.credential}`)}
      <Show when={props.account.lastFour}>
        {(lastFour) => <span class="font-mono text-xs"> …{lastFour()}</span>}
      </Show>
      <Show when={props.account.email && props.account.email !== props.account.label}>
        {" "}
        {props.account.email}
      </Show>
      <Show when={props.account.baseUrl}>{(url) => t("providers.at", { url: url() })}</Show>
      {" · "}
      <Show when={props.account.lastUsedAt} fallback={t("common.neverUsed")}>
        {(at) => (
          <>
            {t("common.lastUsed")} <Ago at={at()} />
          </>
        )}
      </Show>
      <Show
        when={props.account.expiresAt}
        fallback={
          <Show when={props.account.credential === "GITHUB"}>
            {" · "}
            {t("providers.tokenPending")}
          </Show>
        }
      >
        {(end) => (
          <>
            {" · "}
            {t("providers.tokenUntil")} <Ago at={end()} />
          </>
        )}
      </Show>
    </p>
  );
}

function Detail(props: { children: JSX.Element }) {
  return <span class="min-w-0 break-words">{props.children}</span>;
}

/** Settings and states of the account that differ from the defaults. */
function Details(props: { account: AccountRowFragment }) {
  const details = () =>
    [
      props.account.prefix ? t("providers.prefixIs", { prefix: props.account.prefix }) : "",
      props.account.priority === 0
        ? ""
        : t("providers.priorityIs", { priority: props.account.priority }),
      props.account.maxConcurrentRequests === null
        ? ""
        : t("providers.limits.requestsAre", { count: props.account.maxConcurrentRequests }),
      props.account.weight === 1 ? "" : t("providers.weightIs", { weight: props.account.weight }),
      props.account.headerNames.length > 0
        ? t("providers.headersAre", { names: props.account.headerNames.join(", ") })
        : "",
      props.account.groups.length > 0
        ? t("accountGroups.inGroups", {
            names: props.account.groups.map(({ name }) => name).join(", "),
          })
        : "",
    ].filter(Boolean);
  return (
    <Show when={details().length > 0}>
      <p class="mt-1 flex flex-wrap gap-x-3 text-sm text-muted">
        <For each={details()}>{(detail) => <Detail>{detail}</Detail>}</For>
      </p>
    </Show>
  );
}

function Models(props: { models: AccountRowFragment["models"] }) {
  const more = () => props.models.length - MODELS_SHOWN;
  return (
    <Show when={props.models.length > 0}>
      <p class="mt-1.5 flex flex-wrap items-center gap-1 text-xs">
        <For each={props.models.slice(0, MODELS_SHOWN)}>
          {(model) => (
            <Code>
              {model.alias ? `${model.alias} → ` : ""}
              {model.name}
            </Code>
          )}
        </For>
        <Show when={more() > 0}>
          <span class="text-muted">{t("providers.moreModels", { count: more() })}</span>
        </Show>
      </p>
    </Show>
  );
}

function Trouble(props: { account: AccountRowFragment }) {
  const reason = () => {
    if (props.account.status === "PAUSED")
      return t(`providers.pausedBecause.${props.account.credential}`);
    const text = props.account.statusReason ?? props.account.problem;
    return text && describeReason(text);
  };
  return (
    <Show when={props.account.status !== "DISABLED" && reason()}>
      <p class="mt-1 text-sm break-words text-bad">
        {reason()}
        <Show when={props.account.problem && props.account.problemAt}>
          {(at) => (
            <span class="text-muted">
              {" "}
              <Ago at={at()} />
            </span>
          )}
        </Show>
      </p>
    </Show>
  );
}

/** The last failure in the provider's words. It may be older than the last success, so it has its time. */
function LastError(props: { account: AccountRowFragment }) {
  return (
    <Show when={props.account.lastError}>
      {(error) => (
        <p class="mt-1 line-clamp-3 text-sm break-words text-muted">
          {t("providers.lastError")} <Ago at={error().at} />
          {": "}
          {error().status === null
            ? t("providers.lastErrorUnanswered")
            : t("providers.lastErrorStatus", { status: String(error().status) })}
          <Show when={error().message}>{(message) => <> · {message()}</>}</Show>
        </p>
      )}
    </Show>
  );
}

/** That the account gets no requests now because of its limits. Other reasons are its status. */
function Unused(props: { account: AccountRowFragment }) {
  const stopped = () =>
    props.account.unavailability?.reason === "STOPPED" ? props.account.unavailability : undefined;
  return (
    <>
      <Show when={stopped()}>
        {(stop) => (
          <Badge tone="warn">
            <span>
              {t("providers.limits.stopped")} <Ago at={stop().until} />
            </span>
          </Badge>
        )}
      </Show>
      <Show when={props.account.unavailability?.reason === "BUSY"}>
        <Badge tone="warn">{t("providers.limits.busy")}</Badge>
      </Show>
      <Show when={props.account.unavailability?.reason === "NO_PROCESS"}>
        <Badge tone="bad" title={t("providers.limits.noProcessHint")}>
          {t("providers.limits.noProcess")}
        </Badge>
      </Show>
    </>
  );
}

/** The fault of the account's own engine process. */
function ProcessTrouble(props: { account: AccountRowFragment }) {
  return (
    <Show when={props.account.engineProcess?.lastError}>
      {(error) => (
        <p class="mt-1 text-sm break-words text-bad">
          {t("providers.limits.process")} {error()}
        </p>
      )}
    </Show>
  );
}

function EnabledSwitch(props: { account: AccountRowFragment }) {
  const { isEnabled, enable } = createAccountEnabling(() => props.account);
  return (
    <Switch
      label={t("providers.used", { label: props.account.label })}
      hideLabel
      checked={isEnabled()}
      onChange={(enabled) => void enable(enabled)}
    />
  );
}

/** One account of a provider with its status and actions. */
export function AccountRow(props: {
  account: FragmentType<typeof AccountRowFragmentDoc>;
  onSignIn: () => void;
}) {
  const account = () => readFragment(AccountRowFragmentDoc, props.account);
  return (
    <li class="flex items-start justify-between gap-4 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span class="min-w-0 font-medium break-words">{account().label}</span>
          <AccountStatus status={account().status} coolingUntil={account().coolingUntil} />
          <Unused account={account()} />
          <Show when={account().plan}>{(plan) => <Badge tone="plain">{plan()}</Badge>}</Show>
        </p>
        <Credential account={account()} />
        <Details account={account()} />
        <Windows
          account={account()}
          windows={account().windows}
          reportedAt={account().windowsReportedAt}
        />
        <AccountTraffic account={account()} />
        <Models models={account().models} />
        <Trouble account={account()} />
        <LastError account={account()} />
        <ProcessTrouble account={account()} />
        <Show when={account().status === "PAUSED"}>
          <May do="resumeProviderAccount">
            <div class="mt-2">
              <ResumeAccount id={account().id} label={account().label} />
            </div>
          </May>
        </Show>
      </div>
      <div class="flex shrink-0 items-center gap-1.5">
        <May
          do="updateProviderAccount"
          fallback={
            <OnOff
              do="updateProviderAccount"
              label={t("users.enabled")}
              checked={account().enabled}
            />
          }
        >
          <EnabledSwitch account={account()} />
          <AccountActions account={account()} onSignIn={() => props.onSignIn()} />
        </May>
      </div>
    </li>
  );
}
