import { useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Match, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { QuotaEditor, RateLimitForm } from "../../limits";
import { Choice } from "../../ui/Choice";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { createKeyChoice } from "./createKeyChoice";

const UserLimitsQuery = graphql(`
  query UserLimits($id: ID!) {
    user(id: $id) {
      id
      quotasVersion
      rateLimitVersion
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
        quotasVersion
        rateLimitVersion
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
                userId={params.id}
                subject={{ apiKeyId: key.id }}
                version={key.quotasVersion}
                hint={t("limits.forKey", { key: key.name })}
                quotas={key.quotas}
              />
              <RateLimitForm
                userId={params.id}
                subject={{ apiKeyId: key.id }}
                version={key.rateLimitVersion}
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
                userId={known().id}
                subject={{ userId: known().id }}
                version={known().quotasVersion}
                hint={t("limits.forUser")}
                quotas={known().quotas}
              />
              <RateLimitForm
                userId={known().id}
                subject={{ userId: known().id }}
                version={known().rateLimitVersion}
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
