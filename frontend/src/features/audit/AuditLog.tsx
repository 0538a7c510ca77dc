import { createQuery } from "@urql/solid";
import { For, Match, Show, Switch } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Time } from "../../ui/Moment";
import { Pager } from "../../ui/Pager";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";
import { Cell, Head, Table } from "../../ui/Table";
import { AuditFilters } from "./AuditFilters";
import { createAuditSearch } from "./createAuditSearch";
import { EventDrawer } from "./EventDrawer";

const AuditRowFragment = graphql(`
  fragment AuditRow on AuditEvent {
    sequence
    at
    action
    address
    errorCode
    actor {
      kind
      name
    }
    subject {
      kind
      name
    }
  }
`);

const AuditEventsQuery = graphql(`
  query AuditEvents($filter: AuditEventFilter, $first: Int, $after: String) {
    auditEvents(filter: $filter, first: $first, after: $after) {
      totalCount
      nodes {
        sequence
        ...AuditRow
        ...AuditEventDetail
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    auditHead {
      sequence
      hash
    }
  }
`);

const PAGE_SIZE = 50;

function Row(props: { event: FragmentType<typeof AuditRowFragment>; onOpen: () => void }) {
  const event = () => readFragment(AuditRowFragment, props.event);
  return (
    <tr class="hover:bg-hover/50">
      <Cell class="text-muted">
        <Time at={event().at} />
      </Cell>
      <Cell>
        <span class="font-medium">
          {event().actor.name ?? t(`audit.actors.${event().actor.kind}`)}
        </span>
        <Show when={event().actor.name}>
          <span class="text-sm text-muted"> {t(`audit.actors.${event().actor.kind}`)}</span>
        </Show>
      </Cell>
      <Cell>
        <button
          type="button"
          onClick={() => props.onOpen()}
          class="rounded font-mono text-xs font-medium underline-offset-4 hover:underline"
        >
          {event().action}
        </button>
      </Cell>
      <Cell class="max-w-64">
        <Show when={event().subject}>
          {(subject) => (
            <span class="block truncate" title={subject().name ?? undefined}>
              <span class="text-sm text-muted">{subject().kind}</span> {subject().name}
            </span>
          )}
        </Show>
      </Cell>
      <Cell class="font-mono text-xs text-muted max-lg:hidden">{event().address}</Cell>
      <Cell class="text-right">
        <Show when={event().errorCode}>
          {(code) => (
            <Badge tone="warn" title={t("audit.failed")}>
              {code()}
            </Badge>
          )}
        </Show>
      </Cell>
    </tr>
  );
}

function Columns() {
  return (
    <>
      <Head>{t("audit.when")}</Head>
      <Head>{t("audit.who")}</Head>
      <Head>{t("audit.action")}</Head>
      <Head>{t("audit.about")}</Head>
      <Head class="max-lg:hidden">{t("audit.address")}</Head>
      <Head class="text-right">{t("audit.outcome")}</Head>
    </>
  );
}

/** Who did what, and what was tried in vain. */
export function AuditLog() {
  const audit = createAuditSearch();
  const [query] = createQuery({
    query: AuditEventsQuery,
    variables: () => ({
      filter: audit.filter(),
      first: PAGE_SIZE,
      after: audit.search.after ?? null,
    }),
  });
  const list = () => query.data?.auditEvents;
  const open = () => list()?.nodes.find(({ sequence }) => String(sequence) === audit.search.event);

  return (
    <>
      <Panel flush>
        <AuditFilters audit={audit} />
        <Show when={query.error}>
          <div class="p-4">
            <ErrorNotice error={query.error} />
          </div>
        </Show>
        <Switch fallback={<Show when={!query.error}>{<SkeletonRows />}</Show>}>
          <Match when={list()?.nodes.length}>
            <Table label={t("audit.title")} head={<Columns />}>
              <For each={list()?.nodes}>
                {(event) => <Row event={event} onOpen={() => audit.open(event.sequence)} />}
              </For>
            </Table>
            <Pager
              after={audit.search.after}
              pageInfo={list()?.pageInfo}
              labels={[t("audit.firstPage"), t("audit.next")]}
            />
          </Match>
          <Match when={list() && audit.isFiltered()}>
            <EmptyState title={t("audit.noneFound")}>{t("audit.noneFoundHint")}</EmptyState>
          </Match>
          <Match when={list()}>
            <EmptyState title={t("audit.none")}>{t("audit.noneHint")}</EmptyState>
          </Match>
        </Switch>
      </Panel>
      <Show when={query.data?.auditHead}>
        {(head) => (
          <p class="text-sm break-words text-muted">
            {t("audit.total", { count: list()?.totalCount ?? 0 })}.{" "}
            {t("audit.head", { sequence: head().sequence, hash: "" })}
            <span class="font-mono text-xs break-all">{head().hash}</span>. {t("audit.headHint")}
          </p>
        )}
      </Show>
      <EventDrawer
        open={audit.search.event !== undefined}
        event={open()}
        isLooking={query.fetching}
        onClose={() => audit.open(undefined)}
      />
    </>
  );
}
