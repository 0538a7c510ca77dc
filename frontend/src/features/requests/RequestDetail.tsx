import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { exactUsd, formatUsd, formatWhole } from "../../lib/format";
import { isMetered } from "../../lib/metered";
import { CopyButton } from "../../ui/CopyButton";
import { Fact } from "../../ui/Facts";
import { Time } from "../../ui/Moment";
import { providerName } from "../../ui/providers";
import { Unknown } from "../../ui/Unknown";
import { CostCalculation } from "./CostCalculation";
import { FailureReason } from "./FailureReason";
import { FilterLink } from "./FilterLink";
import { OutcomeBadge } from "./OutcomeBadge";
import { TimingBar } from "./TimingBar";
import { TokenSplit } from "./TokenSplit";

const RequestDetailFragment = graphql(`
  fragment RequestDetail on Request {
    id
    startedAt
    finishedAt
    model
    servedModel
    endpoint
    protocol
    provider
    tokens {
      total
    }
    streamed
    httpStatus
    outcome
    connectionId
    clientIp
    userAgent
    cost
    unpriced
    costBasis
    usageSource
    reconciliation
    ...Outcome
    ...Failure
    ...TokenSplit
    ...TimingBar
    requestedServiceTier
    images
    videoSeconds
    serviceTier
    price {
      id
      modelPattern
    }
    user {
      id
      name
    }
    apiKey {
      id
      name
      lastFour
    }
    account {
      id
      label
    }
    subAgent
    agentSession {
      id
      name
      agent
      totals {
        requests
        cost
      }
    }
  }
`);

type DetailProps = {
  request: FragmentType<typeof RequestDetailFragment>;
  /** For the holder of the key. */
  isOwn?: boolean | undefined;
};

/** One request, read from top to bottom: how it ended, what it used, how long it took, whose it was. */
export function RequestDetail(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  return (
    <div class="flex flex-col gap-6">
      <div class="flex flex-wrap items-center gap-3">
        <p class="min-w-0 text-xl font-semibold tracking-tight break-words">
          <Show when={request().model} fallback={<Unknown why={t("requests.noModel")} />}>
            {(model) => (
              <FilterLink isOwn={props.isOwn ?? false} search={{ model: model() }}>
                {model()}
              </FilterLink>
            )}
          </Show>
        </p>
        <FilterLink
          isOwn={props.isOwn ?? false}
          search={{ status: request().httpStatus?.toString() ?? "" }}
        >
          <OutcomeBadge request={request()} brief />
        </FilterLink>
      </div>
      <FailureReason request={request()} isOwn={props.isOwn ?? false} />
      <Show when={isMetered(request())}>
        <TokenSplit request={request()} />
        <Cost request={props.request} />
        <Show when={request().price}>
          <CostCalculation id={request().id} isOwn={props.isOwn} />
        </Show>
        <TimingBar request={request()} />
      </Show>
      <Session request={props.request} isOwn={props.isOwn} />
      <Whereabouts request={props.request} isOwn={props.isOwn} />
      <div class="flex flex-wrap items-center gap-3 border-t border-line pt-4">
        <p class="min-w-0 flex-1">
          <span class="block text-sm text-muted">{t("requests.id")}</span>
          <span class="font-mono text-xs break-all">{request().id}</span>
        </p>
        <CopyButton text={request().id} label={t("requests.copyId")} />
      </div>
    </div>
  );
}

function Cost(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  return (
    <dl class="grid grid-cols-2 gap-x-6 gap-y-4">
      <Fact name={t("requests.columns.cost")}>
        <Show
          when={request().cost}
          fallback={
            request().unpriced ? (
              <span class="text-warn">{t("requests.unpriced")}</span>
            ) : (
              <Unknown why={t("requests.unknownCost")} />
            )
          }
        >
          {(cost) => exactUsd(cost())}
        </Show>
        <CostBasis request={props.request} />
      </Fact>
      <Fact name={t("requests.usageSource")}>
        {t(`requests.sources.${request().usageSource}`)}
        <Show when={request().reconciliation}>
          {(books) => (
            <span class="block text-sm font-normal text-muted">
              {t(`requests.reconciliations.${books()}`)}
            </span>
          )}
        </Show>
      </Fact>
      <Show when={request().images > 0}>
        <Fact name={t("requests.calculation.images")}>{formatWhole(request().images)}</Fact>
      </Show>
      <Show when={request().videoSeconds > 0}>
        <Fact name={t("requests.calculation.videoSeconds")}>
          {formatWhole(request().videoSeconds)}
        </Fact>
      </Show>
      <Show when={request().requestedServiceTier ?? request().serviceTier}>
        <Fact name={t("requests.calculation.requestedTier")}>
          {request().requestedServiceTier ?? <Unknown why={t("requests.calculation.noTier")} />}
        </Fact>
        <Fact name={t("requests.calculation.servedTier")}>
          {request().serviceTier ?? <Unknown why={t("requests.calculation.unreportedTier")} />}
        </Fact>
      </Show>
    </dl>
  );
}

/** The price that was applied, and whether it is that of the model. */
function CostBasis(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  const basis = () => request().costBasis;
  return (
    <Show when={request().price}>
      {(price) => (
        <span class="block text-sm font-normal text-muted">
          <Show when={basis() === "ASSUMED" || basis() === "FREE"}>
            <span class="block" classList={{ "text-warn": basis() === "ASSUMED" }}>
              {t(basis() === "FREE" ? "requests.bases.FREE" : "requests.bases.ASSUMED")}
            </span>
          </Show>
          {t("requests.pricePattern", { pattern: price().modelPattern })}
          <Show when={basis() === "ASSUMED"}>
            <span class="block">{t("requests.assumedHint")}</span>
          </Show>
        </span>
      )}
    </Show>
  );
}

/** The session of the agent, and its cost so far. */
function Session(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  const base = () => (props.isOwn ? "/me/agent-sessions" : "/agent-sessions");
  return (
    <Show when={request().agentSession}>
      {(session) => (
        <dl class="grid grid-cols-2 gap-x-6 gap-y-4">
          <Fact name={t("agentSessions.session")}>
            <A href={`${base()}/${session().id}`} class="underline underline-offset-4">
              {t(`agentSessions.agents.${session().agent}`)}
            </A>
            <span class="block truncate font-mono text-xs font-normal text-muted">
              {session().name ?? t("agentSessions.guessed")}
            </span>
          </Fact>
          <Fact name={t("agentSessions.sessionCost")}>
            <span title={exactUsd(session().totals.cost)}>{formatUsd(session().totals.cost)}</span>
            <span class="block text-sm font-normal text-muted">
              {t("agentSessions.requestCount", { count: session().totals.requests })}
            </span>
          </Fact>
          <Show when={request().subAgent}>
            {(name) => (
              <Fact name={t("agentSessions.subAgent")} wide>
                <span class="font-mono text-xs break-all">{name()}</span>
              </Fact>
            )}
          </Show>
        </dl>
      )}
    </Show>
  );
}

function Whereabouts(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  const isOwn = () => props.isOwn ?? false;
  return (
    <dl class="grid grid-cols-2 gap-x-6 gap-y-4">
      <Show when={!isOwn()} fallback={<Key request={props.request} isOwn />}>
        <Fact name={t("requests.columns.user")}>
          <A href={`/users/${request().user.id}`} class="underline underline-offset-4">
            {request().user.name}
          </A>
        </Fact>
        <Key request={props.request} />
        <Fact name={t("requests.columns.account")}>
          <Show when={request().account} fallback={<Unknown />}>
            {(account) => (
              <FilterLink isOwn={false} search={{ account: account().id }}>
                {account().label}
              </FilterLink>
            )}
          </Show>
        </Fact>
      </Show>
      <Fact name={t("requests.columns.provider")}>
        <Show when={request().provider} fallback={<Unknown />}>
          {(kind) => (
            <FilterLink isOwn={isOwn()} search={{ provider: kind() }}>
              {providerName(kind())}
            </FilterLink>
          )}
        </Show>
      </Fact>
      <Fact name={t("requests.served")}>{request().servedModel ?? <Unknown />}</Fact>
      <Fact name={t("requests.columns.protocol")}>
        {t(`requests.protocols.${request().protocol}`)}
      </Fact>
      <Fact name={t("requests.columns.endpoint")}>
        <FilterLink isOwn={isOwn()} search={{ endpoint: request().endpoint }}>
          <span class="font-mono text-xs">{request().endpoint}</span>
        </FilterLink>
      </Fact>
      <Fact name={t("requests.streamed")}>
        {request().streamed ? t("requests.yes") : t("requests.no")}
      </Fact>
      <Show when={request().connectionId}>
        {(id) => (
          <Fact name={t("requests.connection")}>
            <FilterLink isOwn={isOwn()} search={{ connection: id() }}>
              <span class="font-mono text-xs break-all">{id()}</span>
            </FilterLink>
          </Fact>
        )}
      </Show>
      <Fact name={t("requests.started")}>
        <Time at={request().startedAt} />
      </Fact>
      <Fact name={t("requests.finished")}>
        <Time at={request().finishedAt} />
      </Fact>
      <Fact name={t("common.ipAddress")}>{request().clientIp ?? <Unknown />}</Fact>
      <Fact name={t("requests.columns.client")}>
        <span class="text-sm">{request().userAgent ?? <Unknown />}</span>
      </Fact>
    </dl>
  );
}

function Key(props: DetailProps) {
  const request = () => readFragment(RequestDetailFragment, props.request);
  return (
    <Fact name={t("requests.columns.key")}>
      <FilterLink
        isOwn={props.isOwn ?? false}
        search={{ user: request().user.id, key: request().apiKey.id }}
      >
        {request().apiKey.name}
      </FilterLink>{" "}
      <span class="font-mono text-xs">…{request().apiKey.lastFour}</span>
    </Fact>
  );
}
