import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AuditRowFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Time } from "../../ui/Moment";
import { Cell, Head, Table } from "../../ui/Table";
import { AuditFilters } from "./AuditFilters";
import { createAuditSearch } from "./createAuditSearch";
import { actionName, codeName, EventDrawer, subjectName } from "./EventDrawer";

const AuditRowFragmentDoc = graphql(`
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

/** Whom or what the action concerns. */
function Subject(props: { event: AuditRowFragment }) {
  return (
    <Show when={props.event.subject}>
      {(subject) => (
        <span class="block truncate" title={subject().name ?? undefined}>
          <span class="text-sm text-muted">{subjectName(subject().kind)}</span> {subject().name}
        </span>
      )}
    </Show>
  );
}

function Row(props: { event: FragmentType<typeof AuditRowFragmentDoc>; onOpen: () => void }) {
  const event = () => readFragment(AuditRowFragmentDoc, props.event);
  const actor = () => event().actor.name ?? t(`audit.actors.${event().actor.kind}`);
  return (
    <tr class="relative hover:bg-hover/50">
      <Cell class="text-muted max-sm:hidden">
        <Time at={event().at} />
      </Cell>
      <Cell class="max-sm:hidden">
        <span class="font-medium">{actor()}</span>
        <Show when={event().actor.name}>
          <span class="text-sm text-muted"> {t(`audit.actors.${event().actor.kind}`)}</span>
        </Show>
      </Cell>
      <Cell>
        <button
          type="button"
          onClick={() => props.onOpen()}
          title={event().action}
          class="rounded text-start font-medium underline-offset-4 after:absolute after:inset-0 hover:underline"
        >
          {actionName(event().action)}
        </button>
        <span class="block sm:hidden">
          <Subject event={event()} />
        </span>
        <span class="block text-sm text-muted sm:hidden">
          {actor()} · <Time at={event().at} />
        </span>
      </Cell>
      <Cell class="max-w-64 max-sm:hidden">
        <Subject event={event()} />
      </Cell>
      <Cell class="font-mono text-xs text-muted max-lg:hidden">{event().address}</Cell>
      <Cell class="text-right">
        <Show when={event().errorCode}>
          {(code) => (
            <Badge tone="warn" title={`${t("audit.failed")}: ${code()}`}>
              {codeName(code())}
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
      <Head class="max-sm:hidden">{t("common.time")}</Head>
      <Head class="max-sm:hidden">{t("audit.who")}</Head>
      <Head>{t("audit.action")}</Head>
      <Head class="max-sm:hidden">{t("audit.about")}</Head>
      <Head class="max-lg:hidden">{t("common.ipAddress")}</Head>
      <Head class="text-right">{t("audit.outcome")}</Head>
    </>
  );
}

/** The audit log: completed actions and failed attempts, by actor. */
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
      <ListPanel
        error={query.error}
        count={list()?.nodes.length}
        filters={<AuditFilters audit={audit} />}
        page={{ after: audit.search.after, pageInfo: list()?.pageInfo }}
        empty={
          <Show
            when={audit.filterCount() === 0}
            fallback={
              <EmptyState title={t("audit.noneFound")}>{t("audit.noneFoundHint")}</EmptyState>
            }
          >
            <EmptyState title={t("audit.none")}>{t("audit.noneHint")}</EmptyState>
          </Show>
        }
      >
        <Table label={t("audit.title")} head={<Columns />}>
          <For each={list()?.nodes}>
            {(event) => <Row event={event} onOpen={() => audit.open(event.sequence)} />}
          </For>
        </Table>
      </ListPanel>
      <Show when={query.data?.auditHead}>
        {(head) => (
          <p class="text-sm break-words text-muted">
            {t("common.events", { count: list()?.totalCount ?? 0 })}.{" "}
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
