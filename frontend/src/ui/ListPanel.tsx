import type { CombinedError } from "@urql/core";
import { type JSX, Match, Show, Switch, splitProps } from "solid-js";
import { t } from "../i18n";
import { ErrorNotice } from "./ErrorNotice";
import { Pager, type PagerProps } from "./Pager";
import { Panel, type PanelProps } from "./Panel";
import { SkeletonRows } from "./Skeleton";

type ListPanelProps = Omit<PanelProps, "children" | "flush"> & {
  /** The filters, above the list. */
  filters?: JSX.Element;
  error: CombinedError | undefined;
  /** The number of rows; undefined until the server has responded. */
  count: number | undefined;
  /** The usual number of rows, for the skeleton. */
  usual?: number;
  /** Shown for an empty list: explains it and offers the action. */
  empty: JSX.Element;
  /** The pager, if the list has pages. */
  page?: Pick<PagerProps, "after" | "pageInfo">;
  children: JSX.Element;
};

/** A panel that is one list: its error, its skeleton, its empty state, its rows, its pages. */
export function ListPanel(props: ListPanelProps) {
  const [panel] = splitProps(props, ["title", "hint", "actions"]);
  return (
    <Panel {...panel} flush>
      {props.filters}
      <Show when={props.error}>
        <div class="p-4">
          <ErrorNotice error={props.error} />
        </div>
      </Show>
      <Switch fallback={<Show when={!props.error}>{<SkeletonRows rows={props.usual} />}</Show>}>
        <Match when={props.count}>
          {props.children}
          <Show when={props.page}>
            {(page) => <Pager {...page()} labels={[t("common.firstPage"), t("common.nextPage")]} />}
          </Show>
        </Match>
        <Match when={props.count === 0}>{props.empty}</Match>
      </Switch>
    </Panel>
  );
}
