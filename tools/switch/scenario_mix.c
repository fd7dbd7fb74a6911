#include "tools/switch/scenario.h"

/* The weights are those of a busy service desk. */
const char *const scenario_mix[] = {
    "scenario inbound 30\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait talk; hangup 1 A|B\n",
    "scenario internal 12\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait talk; hangup 1 A|B\n",
    "scenario outbound 10\n"
    " cast A agent; cast B outside\n"
    " dial 1 A B; wait 50..200; reach 1 B; wait ring; answer 1 B; wait talk; hangup 1 A|B\n",
    "scenario held 6\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B; wait think\n"
    " retrieve 1 B; wait talk; hangup 1 A|B\n",
    "scenario given-up-on-hold 2\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B; wait talk; hangup 1 A\n",
    "scenario abandoned 6\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; hangup 1 A\n",
    "scenario given-up 3\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; hangup 1 A\n",
    "scenario before-ringing 1\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; wait think; hangup 1 A\n",
    "scenario rejected 3\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; ring 1 B; wait think; hangup 1 B\n",
    "scenario rejected-outside 2\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait think; hangup 1 B\n",
    "scenario busy 4\n"
    " cast A agent; cast B outside\n"
    " dial 1 A B; wait 50..200; fail 1 B busy; wait tone; hangup 1 A\n",
    "scenario no-circuit 2\n"
    " cast A agent; cast B outside\n"
    " dial 1 A B; wait 50..200; fail 1 B trunksBusy; wait tone; hangup 1 A\n",
    "scenario no-answer 2\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; noanswer 1 B; wait tone; hangup 1 A\n",
    "scenario forwarded 3\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; divert 1 B C callForwardNoAnswer; ring 1 C; wait ring\n"
    " answer 1 C; wait talk; hangup 1 A|C\n",
    "scenario group 2\n"
    " cast A agent; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; ring 1 C; wait ring; answer 1 C; unring 1 B; wait talk; hangup 1 A|C\n",
    "scenario group-given-up 1\n"
    " cast A agent; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; ring 1 C; wait ring; hangup 1 A\n",
    "scenario queue 14\n"
    " cast A outside; cast B agent; cast C queue\n"
    " dial 1 A C; queue 1 C; wait queue; divert 1 C B distributed; ring 1 B distributed; wait "
    "ring\n"
    " answer 1 B; wait talk; hangup 1 A|B\n",
    "scenario queue-abandoned 6\n"
    " cast A outside; cast B queue\n"
    " dial 1 A B; queue 1 B; wait queue; hangup 1 A\n",
    "scenario queue-abandoned-ringing 2\n"
    " cast A outside; cast B agent; cast C queue\n"
    " dial 1 A C; queue 1 C; wait queue; divert 1 C B distributed; ring 1 B distributed; wait "
    "ring\n"
    " hangup 1 A\n",
    "scenario route 3\n"
    " cast A outside; cast B agent; cast C routepoint\n"
    " dial 1 A C; queue 1 C; wait think; divert 1 C B redirected; ring 1 B; wait ring; answer 1 B\n"
    " wait talk; hangup 1 A|B\n",
    "scenario route-ends 2\n"
    " cast A outside; cast B routepoint\n"
    " dial 1 A B; queue 1 B; wait think; drop 1 B A\n",
    "scenario trunk-fault 1\n"
    " cast A outside; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait talk; fault 1 networkOutOfOrder\n",
    "scenario switch-fault 1\n"
    " cast A agent; cast B agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait talk; fault 1 "
    "switchingFunctionTerminated\n",
    "scenario consult 4 related\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " hangup 2 B|C; wait think; retrieve 1 B; wait talk; hangup 1 A|B\n",
    "scenario transfer 6 related\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " transfer 1 2 B; wait talk; hangup 1 A|C\n",
    "scenario transfer-internal 3 related\n"
    " cast A agent; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " transfer 1 2 B; wait talk; hangup 1 A|C\n",
    "scenario sent-on 3 related\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; send 1 B C; wait 50..200; ring 1 C\n"
    " wait ring; answer 1 C; wait talk; hangup 1 A|C\n",
    "scenario conference-left 3 related\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " join 1 2 B; wait talk; hangup 1 B|C; wait talk; hangup 1 A|B|C\n",
    "scenario conference-dropped 2 related\n"
    " cast A outside; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " join 1 2 B; wait talk; drop 1 B C; wait talk; hangup 1 A|B\n",
    "scenario conference-ended 2 related\n"
    " cast A agent; cast B agent; cast C agent\n"
    " dial 1 A B; ring 1 B; wait ring; answer 1 B; wait think; hold 1 B\n"
    " dial 2 B C consultation; ring 2 C consultation; wait ring; answer 2 C; wait think\n"
    " join 1 2 B; wait talk; end 1 B\n",
    NULL,
};
