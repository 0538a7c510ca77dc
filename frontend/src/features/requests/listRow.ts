import { graphql } from "../../graphql/generated";
import type { RequestListRowFragment } from "../../graphql/generated/graphql";

/** What a row of the long list can show. */
export const RequestListRowDocument = graphql(`
  fragment RequestListRow on Request {
    id
    startedAt
    durationMs
    timeToFirstByteMs
    model
    servedModel
    endpoint
    protocol
    provider
    clientIp
    cost
    unpriced
    outcome
    ...Outcome
    usageSource
    tokens {
      input
      cacheRead
      cacheWrite
      output
      reasoning
      total
    }
    user {
      id
      name
    }
    apiKey {
      id
      name
    }
    account {
      id
      label
    }
  }
`);

/** A row of the long list. */
export type ListRow = RequestListRowFragment;
