import { type JSX, Show } from "solid-js";
import { useMay } from "../graphql/may";
import type { GuardedMutation } from "../graphql/roles";

type EmptyStateProps = {
  title: string;
  /** The mutation that fills the list: explanation and action are for those who may send it. */
  do?: GuardedMutation;
  children: JSX.Element;
  action?: JSX.Element;
};

/** An empty list: explains it and offers the next action. */
export function EmptyState(props: EmptyStateProps) {
  const may = useMay();
  return (
    <div class="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <p class="text-lg font-semibold">{props.title}</p>
      <Show when={!props.do || may(props.do)}>
        <div class="max-w-prose text-balance text-muted">{props.children}</div>
        {props.action}
      </Show>
    </div>
  );
}
