import { Show } from "solid-js";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { Filters } from "../../ui/Filters";
import { ACTOR_KINDS, type createAuditSearch } from "./createAuditSearch";

/** The filters of the list of events, kept in the URL. */
export function AuditFilters(props: { audit: ReturnType<typeof createAuditSearch> }) {
  return (
    <Filters count={props.audit.filterCount()} class="border-b border-line px-4 py-2.5 sm:px-5">
      <Choice
        label={t("audit.who")}
        all={t("audit.all")}
        value={props.audit.search.who}
        options={ACTOR_KINDS.map((kind) => ({ value: kind, label: t(`audit.actors.${kind}`) }))}
        onChoose={(who) => props.audit.change({ who })}
      />
      <FilterField
        type="text"
        label={t("audit.filterAction")}
        value={props.audit.search.action}
        onChange={(action) => props.audit.change({ action })}
      />
      <FilterField
        type="text"
        label={t("audit.filterKind")}
        value={props.audit.search.about}
        onChange={(about) => props.audit.change({ about })}
      />
      <Choice
        label={t("audit.outcome")}
        all={t("audit.everything")}
        value={props.audit.search.outcome}
        options={[
          { value: "done", label: t("audit.done") },
          { value: "failed", label: t("audit.failed") },
        ]}
        onChoose={(outcome) => props.audit.change({ outcome })}
      />
      <FilterField
        type="datetime-local"
        label={t("common.from")}
        value={props.audit.search.from}
        onChange={(from) => props.audit.change({ from })}
      />
      <FilterField
        type="datetime-local"
        label={t("common.to")}
        value={props.audit.search.to}
        onChange={(to) => props.audit.change({ to })}
      />
      <Show when={props.audit.filterCount() > 0}>
        <Button size="small" tone="quiet" onClick={() => props.audit.clear()}>
          {t("common.clearFilters")}
        </Button>
      </Show>
    </Filters>
  );
}
