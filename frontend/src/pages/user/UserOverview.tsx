import { A, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { UserFacts } from "../../features/users";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ownZone } from "../../lib/zone";
import { QuotaSummary, RateFacts } from "../../limits";
import { buttonClass } from "../../ui/Button";
import { Sparkline } from "../../ui/chart/Sparkline";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { UserRequestLog } from "./UserRequests";

const UserOverviewQuery = graphql(`
  query UserOverview($id: ID!, $zone: String!) {
    user(id: $id) {
      id
      ...UserFacts
      quotas {
        id
        ...QuotaState
      }
      effectiveRateLimit {
        ...Rate
      }
      usage(range: { preset: LAST_30_DAYS }, timezone: $zone) {
        series(bucket: DAY) {
          from
          totals {
            tokens {
              total
            }
          }
        }
      }
    }
  }
`);

const LATEST = 5;

function NoQuota(props: { id: string }) {
  return (
    <EmptyState
      do="changeQuotas"
      title={t("limits.none")}
      action={
        <A href={`/users/${props.id}/limits`} class={buttonClass("plain", "small")}>
          {t("limits.add")}
        </A>
      }
    >
      {t("limits.noneHint")}
    </EmptyState>
  );
}

/** One user: remaining quotas, details, latest requests. */
export default function UserOverview() {
  const params = useParams<{ id: string }>();
  const [answer] = createQuery({
    query: UserOverviewQuery,
    variables: () => ({ id: params.id, zone: ownZone() }),
    context: { additionalTypenames: ["Quota", "RateLimit"] },
  });
  const user = () => answer.data?.user ?? undefined;
  const days = () => user()?.usage.series.map((point) => point.totals.tokens.total) ?? [];
  return (
    <>
      <ErrorNotice error={answer.error} />
      <div class="in-turn grid items-start gap-5 lg:grid-cols-2">
        <Panel title={t("limits.quotas")}>
          <Show when={user()} fallback={<SkeletonText ring />}>
            {(known) => <QuotaSummary quotas={known().quotas} empty={<NoQuota id={params.id} />} />}
          </Show>
        </Panel>
        <div class="grid gap-5">
          <Panel title={t("users.profile")}>
            <Show when={user()} fallback={<SkeletonText />}>
              {(known) => <UserFacts user={known()} />}
            </Show>
          </Panel>
          <Panel title={t("pages.last30Days")}>
            <Sparkline values={days()} label={t("pages.last30Days")} class="h-16" />
          </Panel>
        </div>
      </div>
      <Panel title={t("limits.rate")}>
        <Show when={user()} fallback={<SkeletonText />}>
          {(known) => <RateFacts rate={known().effectiveRateLimit} />}
        </Show>
      </Panel>
      <UserRequestLog userId={params.id} title={t("common.latestRequests")} first={LATEST} />
    </>
  );
}
