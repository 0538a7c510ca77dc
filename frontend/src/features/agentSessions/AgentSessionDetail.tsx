import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { exactUsd, formatCompact, formatPart, formatUsd, formatWhole } from "../../lib/format";
import { CopyButton } from "../../ui/CopyButton";
import { Fact, Facts } from "../../ui/Facts";
import { Figure, Figures } from "../../ui/Figure";
import { Ago, Time } from "../../ui/Moment";
import { Panel } from "../../ui/Panel";
import { Cell, Head, Table } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { UnpricedNote } from "../../ui/UnpricedNote";
import { agentName } from "./agentName";

const AgentSessionPartFragment = graphql(`
  fragment AgentSessionPart on AgentSessionPart {
    name
    totals {
      requests
      failed
      cost
      tokens {
        total
      }
    }
  }
`);

const AgentSessionDetailFragment = graphql(`
  fragment AgentSessionDetail on AgentSession {
    id
    name
    agent
    agentVersion
    startedAt
    lastRequestAt
    cacheHitPercent
    subAgentRequests
    subAgentCost
    totals {
      requests
      failed
      rejected
      cost
      unpriced
      assumed
      tokens {
        input
        cacheRead
        cacheWrite
        output
        reasoning
        total
      }
    }
    apiKey {
      id
      name
      lastFour
    }
    breakdown {
      complete
      models {
        ...AgentSessionPart
      }
      subAgents {
        ...AgentSessionPart
      }
    }
  }
`);

type Session = FragmentType<typeof AgentSessionDetailFragment>;
type Part = FragmentType<typeof AgentSessionPartFragment>;

/** One session: its cost and use, its models, and the part of its sub-agents. */
export function AgentSessionDetail(props: {
  session: Session;
  /** The user, if the reader is another one. */
  user?: { id: string; name: string };
}) {
  const session = () => readFragment(AgentSessionDetailFragment, props.session);
  return (
    <>
      <Totals session={props.session} />
      <About session={props.session} user={props.user} />
      <Show when={!session().breakdown.complete}>
        <p class="text-sm text-muted">{t("agentSessions.incomplete")}</p>
      </Show>
      <Parts
        title={t("agentSessions.models")}
        unnamed={t("agentSessions.noModel")}
        parts={session().breakdown.models}
      />
      <Show when={session().breakdown.subAgents.length > 0}>
        <Parts
          title={t("agentSessions.subAgents")}
          hint={t("agentSessions.subAgentsHint", {
            count: session().subAgentRequests,
            cost: formatUsd(session().subAgentCost),
          })}
          parts={session().breakdown.subAgents}
        />
      </Show>
    </>
  );
}

function Totals(props: { session: Session }) {
  const session = () => readFragment(AgentSessionDetailFragment, props.session);
  const totals = () => session().totals;
  return (
    <Figures>
      <Figure
        name={t("agentSessions.cost")}
        title={exactUsd(totals().cost)}
        note={<UnpricedNote totals={totals()} fallback={t("agentSessions.costNote")} />}
      >
        {formatUsd(totals().cost)}
      </Figure>
      <Figure
        name={t("agentSessions.requests")}
        note={t("agentSessions.failedNote", { count: totals().failed + totals().rejected })}
      >
        {formatWhole(totals().requests)}
      </Figure>
      <Figure
        name={t("agentSessions.tokens")}
        title={formatWhole(totals().tokens.total)}
        note={t("agentSessions.tokensNote", {
          input: formatCompact(totals().tokens.input),
          cached: formatCompact(totals().tokens.cacheRead + totals().tokens.cacheWrite),
          output: formatCompact(totals().tokens.output + totals().tokens.reasoning),
        })}
      >
        {formatCompact(totals().tokens.total)}
      </Figure>
      <Figure name={t("agentSessions.cacheHits")} note={t("agentSessions.cacheHitsNote")}>
        <Show when={session().cacheHitPercent !== null} fallback={<Unknown />}>
          {formatPart((session().cacheHitPercent ?? 0) / 100)}
        </Show>
      </Figure>
    </Figures>
  );
}

function About(props: { session: Session; user: { id: string; name: string } | undefined }) {
  const session = () => readFragment(AgentSessionDetailFragment, props.session);
  return (
    <Panel title={t("agentSessions.about")}>
      <Facts>
        <Fact name={t("agentSessions.agent")}>{agentName(session())}</Fact>
        <Show when={props.user}>
          {(user) => (
            <Fact name={t("common.user")}>
              <A href={`/users/${user().id}`} class="underline underline-offset-4">
                {user().name}
              </A>
            </Fact>
          )}
        </Show>
        <Fact name={t("agentSessions.key")}>
          {session().apiKey.name}{" "}
          <span class="font-mono text-xs">…{session().apiKey.lastFour}</span>
        </Fact>
        <Fact name={t("agentSessions.started")}>
          <Time at={session().startedAt} />
        </Fact>
        <Fact name={t("agentSessions.lastRequest")}>
          <Ago at={session().lastRequestAt} />
        </Fact>
        <Fact name={t("agentSessions.name")} wide>
          <Show when={session().name} fallback={<span>{t("agentSessions.guessedHint")}</span>}>
            {(name) => (
              <span class="inline-flex flex-wrap items-center gap-2">
                <span class="font-mono text-xs break-all">{name()}</span>
                <CopyButton text={name()} label={t("agentSessions.copyName")} />
              </span>
            )}
          </Show>
        </Fact>
      </Facts>
    </Panel>
  );
}

function Parts(props: {
  title: string;
  hint?: JSX.Element;
  unnamed?: string;
  parts: readonly Part[];
}) {
  const parts = () => props.parts.map((part) => readFragment(AgentSessionPartFragment, part));
  return (
    <Panel flush title={props.title} hint={props.hint}>
      <Table
        label={props.title}
        head={
          <>
            <Head>{t("agentSessions.part")}</Head>
            <Head number>{t("agentSessions.requests")}</Head>
            <Head number class="max-sm:hidden">
              {t("agentSessions.failed")}
            </Head>
            <Head number class="max-sm:hidden">
              {t("agentSessions.tokens")}
            </Head>
            <Head number>{t("agentSessions.cost")}</Head>
          </>
        }
      >
        <For each={parts()}>
          {(part) => (
            <tr>
              <Cell class="max-w-64 truncate font-medium">
                {part.name ?? props.unnamed ?? <Unknown />}
              </Cell>
              <Cell number>{formatWhole(part.totals.requests)}</Cell>
              <Cell number class="max-sm:hidden">
                {formatWhole(part.totals.failed)}
              </Cell>
              <Cell number class="max-sm:hidden">
                {formatCompact(part.totals.tokens.total)}
              </Cell>
              <Cell number>
                <span title={exactUsd(part.totals.cost)}>{formatUsd(part.totals.cost)}</span>
              </Cell>
            </tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}
