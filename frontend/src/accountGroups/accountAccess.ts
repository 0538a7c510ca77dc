import { graphql } from "../graphql/generated";

/** The groups that are set for a user and for each of their keys. */
export const AccountAccessQuery = graphql(`
  query AccountAccess($userId: ID!) {
    user(id: $userId) {
      id
      version
      name
      accountAccess {
        ownGroups {
          id
        }
      }
      apiKeys {
        id
        version
        accountAccess {
          ownGroups {
            id
          }
        }
      }
    }
  }
`);

/** Sets the groups of a user or key. */
export const SetAccountAccessMutation = graphql(`
  mutation SetAccountAccess($input: SetAccountAccessInput!, $expectedVersion: Int) {
    setAccountAccess(input: $input, expectedVersion: $expectedVersion) {
      user {
        id
        version
      }
      apiKey {
        id
        version
      }
    }
  }
`);

/** The change also concerns lists of groups. */
export const CHANGES_GROUPS = { additionalTypenames: ["AccountGroup", "User", "ApiKey"] };
