import { useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Match, Switch } from "solid-js";
import { QuotaEditor, RateLimitForm } from "../../features/limits";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Choice } from "../../ui/Choice";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { createKeyChoice } from "./createKeyChoice";

const UserLimitsQuery = graphql(`
  query UserLimits($id: ID!) {
    user(id: $id) {
      id
      quotas {
        id
        ...QuotaState
      }
      rateLimit {
        ...Rate
      }
      effectiveRateLimit {
        ...Rate
      }
      apiKeys {
        id
        name
        quotas {
          id
          ...QuotaState
        }
        rateLimit {
          ...Rate
        }
      }
    }
  }
`);

/** A user's quotas and rate limits, for all keys together or for one of them. */
export default function UserLimits() {
  const params = useParams<{ id: string }>();
  const choice = createKeyChoice(() => params.id);
  const [answer] = createQuery({
    query: UserLimitsQuery,
    variables: () => ({ id: params.id }),
    context: { additionalTypenames: ["ApiKey", "Quota", "RateLimit"] },
  });
  const user = () => answer.data?.user ?? undefined;
  const apiKey = () => user()?.apiKeys.find((key) => key.id === choice.chosen()?.id);

  return (
    <>
      <ErrorNotice error={answer.error ?? choice.error()} />
      <div class="flex flex-wrap items-center gap-2.5">
        <span class="font-medium" aria-hidden="true">
          {t("common.appliesTo")}
        </span>
        <Choice
          label={t("common.appliesTo")}
          value={choice.chosen()?.id}
          all={t("common.allKeys")}
          options={choice.options()}
          onChoose={choice.choose}
        />
      </div>
      <Switch>
        <Match when={apiKey()} keyed>
          {(key) => (
            <>
              <QuotaEditor
                subject={{ apiKeyId: key.id }}
                hint={t("limits.forKey", { key: key.name })}
                quotas={key.quotas}
              />
              <RateLimitForm
                subject={{ apiKeyId: key.id }}
                rate={key.rateLimit}
                otherwise={t("limits.asUser")}
              />
            </>
          )}
        </Match>
        <Match when={user()}>
          {(known) => (
            <>
              <QuotaEditor
                subject={{ userId: known().id }}
                hint={t("limits.forUser")}
                quotas={known().quotas}
              />
              <RateLimitForm
                subject={{ userId: known().id }}
                rate={known().rateLimit}
                inherited={known().effectiveRateLimit}
                otherwise={t("limits.asDefault")}
              />
            </>
          )}
        </Match>
      </Switch>
    </>
  );
}
