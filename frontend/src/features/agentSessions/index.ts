export { AgentSessionDetail } from "./AgentSessionDetail";
export { AgentSessionFilters } from "./AgentSessionFilters";
export { AgentSessionTable } from "./AgentSessionTable";
export { agentName } from "./agentName";
export { createAgentSessionSearch } from "./createAgentSessionSearch";
