import { A } from "@solidjs/router";
import CircleAlert from "lucide-solid/icons/circle-alert";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { createMemo, For, Match, Show, Switch } from "solid-js";
import { Dynamic } from "solid-js/web";
import { useMay } from "../../graphql/may";
import type { GuardedMutation } from "../../graphql/roles";
import { t } from "../../i18n";
import { formatShare } from "../../lib/format";
import { useSession } from "../../session/SessionProvider";
import { buttonClass } from "../../ui/Button";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import type { OverviewState } from "./createOverview";
import { findProblems, type Problem, WORRYING_SHARE } from "./problems";

const SHOWN = 6;
const ICONS = {
  bad: { shape: CircleAlert, class: "text-bad" },
  warn: { shape: TriangleAlert, class: "text-warn" },
} as const;

/** The mutation behind each action; callers without it get a link to view the page, if they may open it. */
const NEEDS: Partial<Record<Problem["action"], GuardedMutation>> = {
  engine: "restartEngine",
  account: "updateProviderAccount",
  quota: "changeQuotas",
  unpriced: "createPrice",
  backup: "createBackup",
};
/** The problems whose page is for owners alone. */
const RESERVED: readonly Problem["action"][] = ["backup"];

function ProblemRow(props: { problem: Problem }) {
  const may = useMay();
  const icon = () => ICONS[props.problem.tone];
  const isMine = () => {
    const needs = NEEDS[props.problem.action];
    return !needs || may(needs);
  };
  return (
    <li class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 sm:px-5">
      <Dynamic
        component={icon().shape}
        class={`size-4 shrink-0 ${icon().class}`}
        aria-hidden="true"
      />
      <span class="min-w-0 flex-1 break-words">
        {props.problem.text}
        <Show when={props.problem.reason}>
          {(reason) => <span class="block text-sm text-muted">{reason()}</span>}
        </Show>
      </span>
      <Show when={isMine() || !RESERVED.includes(props.problem.action)}>
        <A href={props.problem.href} class={buttonClass("plain", "small")}>
          {isMine() ? t(`overview.fix.${props.problem.action}`) : t("overview.look")}
        </A>
      </Show>
    </li>
  );
}

/** The current problems with links to their solutions. */
export function Attention(props: { overview: OverviewState }) {
  const { serverInfo, connection } = useSession();
  const problems = createMemo(() => {
    const sums = props.overview.sums();
    return sums && findProblems(sums, serverInfo()?.engineMode === "DEMO");
  });
  const count = () => problems()?.length ?? 0;
  const isBad = () => problems()?.some(({ tone }) => tone === "bad");
  return (
    <Switch fallback={<Show when={!props.overview.error()}>{<Loading />}</Show>}>
      <Match when={count() > 0}>
        <section
          aria-label={t("overview.problems", { count: count() })}
          class={`overflow-clip rounded-xl border ${isBad() ? "border-bad/40 bg-bad-soft" : "border-warn/40 bg-warn-soft"}`}
        >
          <h2 class="px-4 pt-3 pb-1 text-lg font-semibold tracking-tight sm:px-5">
            {t("overview.problems", { count: count() })}
          </h2>
          <ul class="pb-2">
            <For each={problems()?.slice(0, SHOWN)}>
              {(problem) => <ProblemRow problem={problem} />}
            </For>
            <Show when={count() > SHOWN}>
              <li class="px-4 py-1 text-sm text-muted sm:px-5">
                {t("overview.problemsMore", { count: count() - SHOWN })}
              </li>
            </Show>
          </ul>
        </section>
      </Match>
      {/* Figures from before an outage do not say that all is well. */}
      <Match when={problems() && (connection() === "lost" || props.overview.error())}>{null}</Match>
      <Match when={problems()}>
        <Notice tone="ok">
          <span class="font-medium">{t("overview.problemsNone")}</span>{" "}
          {t("overview.problemsNoneHint", { share: formatShare(WORRYING_SHARE) })}
        </Notice>
      </Match>
    </Switch>
  );
}
