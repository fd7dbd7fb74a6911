#include "ipc/front_state.h"

uint64_t
front_tables_offset(void)
{
    return transaction_bytes(sizeof(struct shm_front_cursors), FRONT_LOG_BYTES);
}

uint64_t
front_state_bytes(void)
{
    return front_tables_offset() + sizeof(struct shm_front_tables);
}
