import { Show } from "solid-js";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { ACTOR_KINDS, type createAuditSearch } from "./createAuditSearch";
import { words } from "./words";

/** Narrows the list of events; every choice stands in the address. */
export function AuditFilters(props: { audit: ReturnType<typeof createAuditSearch> }) {
  return (
    <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
      <Choice
        label={words().who}
        all={words().anybody}
        value={props.audit.search.who}
        options={ACTOR_KINDS.map((kind) => ({ value: kind, label: words().actors[kind] }))}
        onChoose={(who) => props.audit.change({ who })}
      />
      <FilterField
        type="text"
        label={words().filterAction}
        value={props.audit.search.action}
        onChange={(action) => props.audit.change({ action })}
      />
      <FilterField
        type="text"
        label={words().filterKind}
        value={props.audit.search.about}
        onChange={(about) => props.audit.change({ about })}
      />
      <Choice
        label={words().outcome}
        all={words().everything}
        value={props.audit.search.outcome}
        options={[
          { value: "done", label: words().doneOnly },
          { value: "failed", label: words().failedOnly },
        ]}
        onChoose={(outcome) => props.audit.change({ outcome })}
      />
      <FilterField
        type="datetime-local"
        label={words().from}
        value={props.audit.search.from}
        onChange={(from) => props.audit.change({ from })}
      />
      <FilterField
        type="datetime-local"
        label={words().to}
        value={props.audit.search.to}
        onChange={(to) => props.audit.change({ to })}
      />
      <Show when={props.audit.isFiltered()}>
        <Button size="small" tone="quiet" onClick={() => props.audit.clear()}>
          {words().clear}
        </Button>
      </Show>
    </div>
  );
}
