import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { exactUsd, formatCompact, formatPart, formatUsd, formatWhole } from "../../lib/format";
import { Ago, Time } from "../../ui/Moment";
import { Cell, Head, Table } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { describeUnpriced } from "../../ui/UnpricedNote";
import { agentName } from "./agentName";

const AgentSessionRowFragment = graphql(`
  fragment AgentSessionRow on AgentSession {
    id
    name
    agent
    agentVersion
    startedAt
    lastRequestAt
    cacheHitPercent
    subAgentRequests
    totals {
      requests
      failed
      rejected
      cost
      unpriced
      assumed
      tokens {
        total
      }
    }
  }
`);

type RowProps = {
  session: FragmentType<typeof AgentSessionRowFragment>;
  /** The user, for lists of several users. */
  user?: { id: string; name: string } | undefined;
  address: string;
};

function Row(props: RowProps) {
  const session = () => readFragment(AgentSessionRowFragment, props.session);
  const totals = () => session().totals;
  return (
    <tr class="relative align-top hover:bg-hover/50">
      <Cell class="min-w-40">
        <A
          href={props.address}
          class="font-medium underline-offset-4 after:absolute after:inset-0 hover:underline"
        >
          {agentName(session())}
        </A>
        <span class="block max-w-64 truncate text-xs text-muted">
          <Show when={session().name} fallback={t("agentSessions.guessed")}>
            {(name) => <span class="font-mono">{name()}</span>}
          </Show>
        </span>
        <span class="block truncate text-xs text-muted sm:hidden">
          <Ago at={session().lastRequestAt} />
          <Show when={props.user}>{(user) => ` · ${user().name}`}</Show>
        </span>
      </Cell>
      <Show when={props.user}>
        {(user) => <Cell class="max-w-40 truncate max-sm:hidden">{user().name}</Cell>}
      </Show>
      <Cell class="text-muted max-lg:hidden">
        <Time at={session().startedAt} />
      </Cell>
      <Cell class="text-muted whitespace-nowrap max-sm:hidden">
        <Ago at={session().lastRequestAt} />
      </Cell>
      <Cell number>
        {formatWhole(totals().requests)}
        <Show when={session().subAgentRequests > 0}>
          <span class="block text-xs text-muted">
            {t("agentSessions.bySubAgents", { count: session().subAgentRequests })}
          </span>
        </Show>
      </Cell>
      <Cell number class="max-sm:hidden">
        <Show when={totals().failed + totals().rejected > 0} fallback={formatWhole(0)}>
          <span class="text-warn">{formatWhole(totals().failed + totals().rejected)}</span>
        </Show>
      </Cell>
      <Cell number class="max-sm:hidden">
        {formatCompact(totals().tokens.total)}
      </Cell>
      <Cell number class="max-sm:hidden">
        <Show when={session().cacheHitPercent !== null} fallback={<Unknown />}>
          {formatPart((session().cacheHitPercent ?? 0) / 100)}
        </Show>
      </Cell>
      <Cell number>
        <span title={[exactUsd(totals().cost), ...describeUnpriced(totals())].join(", ")}>
          <Show when={totals().unpriced > 0}>
            <span class="text-warn">≈ </span>
          </Show>
          {formatUsd(totals().cost)}
        </span>
      </Cell>
    </tr>
  );
}

type AgentSessionTableProps = {
  label: string;
  sessions: readonly (FragmentType<typeof AgentSessionRowFragment> & {
    id: string;
    user?: { id: string; name: string };
  })[];
  /** Hides the user, for the sessions of one user. */
  hideUser?: boolean;
  addressOf: (id: string) => string;
};

/** Sessions, those with the latest requests first. */
export function AgentSessionTable(props: AgentSessionTableProps) {
  return (
    <Table
      label={props.label}
      head={
        <>
          <Head>{t("agentSessions.session")}</Head>
          <Show when={!props.hideUser}>
            <Head class="max-sm:hidden">{t("common.user")}</Head>
          </Show>
          <Head class="max-lg:hidden">{t("agentSessions.started")}</Head>
          <Head class="max-sm:hidden">{t("agentSessions.lastRequest")}</Head>
          <Head number>{t("agentSessions.requests")}</Head>
          <Head number class="max-sm:hidden">
            {t("agentSessions.failed")}
          </Head>
          <Head number class="max-sm:hidden">
            {t("agentSessions.tokens")}
          </Head>
          <Head number class="max-sm:hidden">
            {t("agentSessions.cacheHits")}
          </Head>
          <Head number>{t("agentSessions.cost")}</Head>
        </>
      }
    >
      <For each={props.sessions}>
        {(session) => (
          <Row
            session={session}
            user={props.hideUser ? undefined : session.user}
            address={props.addressOf(session.id)}
          />
        )}
      </For>
    </Table>
  );
}
