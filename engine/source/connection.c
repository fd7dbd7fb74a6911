#include "engine/source/connection.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

static_assert((CONNECTIONS_MAX & (CONNECTIONS_MAX - 1)) == 0, "an index is masked");

bool
connection_table_open(struct connection_table *table)
{
    *table = (struct connection_table){
        .connections = calloc(CONNECTIONS_MAX, sizeof(struct connection)),
        .links = calloc(CONNECTION_LINKS_MAX, sizeof(struct capture_link *)),
    };
    return table->connections != NULL && table->links != NULL;
}

void
connection_table_close(struct connection_table *table, struct budget *budget)
{
    for (int i = 0; i < 2; i++) {
        while (table->lists[i].oldest != NULL)
            connection_remove(table, table->lists[i].oldest, budget);
    }
    for (uint32_t i = 0; i < table->link_count; i++)
        free(table->links[i]);
    free(table->links);
    free(table->connections);
    *table = (struct connection_table){0};
}

/* ---- lists and chains ---------------------------------------------------------------------- */

static void
list_take_out(struct connection_table *table, struct connection *connection)
{
    struct connection_list *list = &table->lists[connection->is_link];
    *(connection->newer != NULL ? &connection->newer->older : &list->newest) = connection->older;
    *(connection->older != NULL ? &connection->older->newer : &list->oldest) = connection->newer;
}

static void
list_put_in(struct connection_table *table, struct connection *connection)
{
    struct connection_list *list = &table->lists[connection->is_link];
    connection->newer = NULL;
    connection->older = list->newest;
    *(list->newest != NULL ? &list->newest->newer : &list->oldest) = connection;
    list->newest = connection;
}

static uint64_t
hash_endpoint(const struct endpoint *endpoint)
{
    uint64_t hash = hash_bytes(HASH_START, endpoint->address, sizeof endpoint->address);
    return hash_finish(hash_bytes(hash, &endpoint->port, sizeof endpoint->port));
}

/* The same for both directions. */
static struct connection **
bucket_of(struct connection_table *table, const struct endpoint *one, const struct endpoint *other)
{
    return &table->buckets[(hash_endpoint(one) + hash_endpoint(other)) & (CONNECTIONS_MAX - 1)];
}

static bool
is_between(const struct connection *connection, const struct endpoint *from,
           const struct endpoint *to, uint32_t side)
{
    return endpoint_is_equal(&connection->ends[side], from) &&
           endpoint_is_equal(&connection->ends[1 - side], to);
}

struct connection *
connection_find(struct connection_table *table, const struct segment *segment, uint32_t *from)
{
    struct connection *found = *bucket_of(table, &segment->from, &segment->to);
    for (; found != NULL; found = found->chain) {
        if (is_between(found, &segment->from, &segment->to, 0))
            *from = 0;
        else if (is_between(found, &segment->from, &segment->to, 1))
            *from = 1;
        else
            continue;
        list_take_out(table, found);
        list_put_in(table, found);
        return found;
    }
    return NULL;
}

struct connection *
connection_full(struct connection_table *table)
{
    if (table->unused != NULL || table->made < CONNECTIONS_MAX)
        return NULL;
    struct connection *other = table->lists[false].oldest;
    return other != NULL ? other : table->lists[true].oldest;
}

struct connection *
connection_add(struct connection_table *table, const struct segment *segment)
{
    struct connection *connection = table->unused;
    if (connection != NULL)
        table->unused = connection->chain;
    else
        connection = &table->connections[table->made++];
    CHECK(table->made <= CONNECTIONS_MAX);
    struct connection **bucket = bucket_of(table, &segment->from, &segment->to);
    *connection = (struct connection){
        .ends = {segment->from, segment->to},
        .server = SERVER_UNKNOWN,
        .chain = *bucket,
    };
    *bucket = connection;
    list_put_in(table, connection);
    return connection;
}

void
connection_remove(struct connection_table *table, struct connection *connection,
                  struct budget *budget)
{
    connection_leave_link(table, connection);
    connection_drop_waiting(connection, budget);
    direction_drop(&connection->sides[0].direction, budget);
    direction_drop(&connection->sides[1].direction, budget);
    list_take_out(table, connection);
    struct connection **place = bucket_of(table, &connection->ends[0], &connection->ends[1]);
    while (*place != connection)
        place = &(*place)->chain;
    *place = connection->chain;
    connection->chain = table->unused;
    table->unused = connection;
}

/* ---- links --------------------------------------------------------------------------------- */

static bool
is_same_host(const struct endpoint *left, const struct endpoint *right)
{
    return left->is_v6 == right->is_v6 &&
           memcmp(left->address, right->address, sizeof left->address) == 0;
}

static uint32_t
server_or_lower(const struct connection *connection)
{
    if (connection->server != SERVER_UNKNOWN)
        return connection->server;
    const struct endpoint *ends = connection->ends;
    if (ends[0].port != ends[1].port)
        return ends[0].port < ends[1].port ? 0 : 1;
    return memcmp(ends[0].address, ends[1].address, sizeof ends[0].address) <= 0 ? 0 : 1;
}

static void
say_address(char text[INET6_ADDRSTRLEN], const struct endpoint *endpoint)
{
    inet_ntop(endpoint->is_v6 ? AF_INET6 : AF_INET, endpoint->address, text, INET6_ADDRSTRLEN);
}

static void
make_name(struct capture_link *link)
{
    char address[INET6_ADDRSTRLEN];
    say_address(address, &link->server);
    for (char *at = address; *at != '\0'; at++)
        *at = *at == ':' ? '_' : *at;
    int length = snprintf(link->name, sizeof link->name, "%s_%u", address, link->server.port);
    if (link->number > 1)
        snprintf(link->name + length, sizeof link->name - (size_t)length, "-%u", link->number);
}

static struct capture_link *
new_link(struct connection_table *table, const struct endpoint *server, uint32_t number)
{
    if (table->link_count == CONNECTION_LINKS_MAX)
        return NULL;
    struct capture_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    link->server = *server;
    link->number = number;
    make_name(link);
    table->links[table->link_count++] = link;
    return link;
}

bool
connection_become_link(struct connection_table *table, struct connection *connection,
                       uint64_t first_packet)
{
    CHECK(connection->link == NULL && !connection->is_link);
    uint32_t end = server_or_lower(connection);
    const struct endpoint *server = &connection->ends[end];
    const struct endpoint *client = &connection->ends[1 - end];
    struct capture_link *link = NULL;
    uint32_t number = 1;
    for (uint32_t i = 0; i < table->link_count; i++) {
        struct capture_link *known = table->links[i];
        if (!endpoint_is_equal(&known->server, server))
            continue;
        number++;
        if (known->is_open || known->last_packet > first_packet ||
            (link != NULL && !is_same_host(&known->client, client)))
            continue;
        if (link == NULL || !is_same_host(&link->client, client))
            link = known;
    }
    if (link == NULL)
        link = new_link(table, server, number);
    if (link == NULL)
        return false;
    link->client = *client;
    link->is_open = true;
    list_take_out(table, connection);
    connection->link = link;
    connection->is_link = true;
    list_put_in(table, connection);
    return true;
}

void
connection_leave_link(struct connection_table *table, struct connection *connection)
{
    if (connection->link == NULL)
        return;
    connection->link->is_open = false;
    connection->link->was_open = true;
    connection->link = NULL;
    list_take_out(table, connection);
    connection->is_link = false;
    list_put_in(table, connection);
}

struct connection *
connection_rival(struct connection_table *table, const struct connection *connection)
{
    uint32_t end = server_or_lower(connection);
    struct connection *rival = table->lists[true].newest;
    for (; rival != NULL; rival = rival->older) {
        if (rival == connection ||
            !endpoint_is_equal(&rival->link->server, &connection->ends[end]) ||
            !is_same_host(&rival->link->client, &connection->ends[1 - end]))
            continue;
        if (rival->sides[0].direction.has_end || rival->sides[1].direction.has_end)
            return rival;
    }
    return NULL;
}

const char *
connection_say(char text[CONNECTION_TEXT_SIZE], const struct connection *connection, uint32_t side)
{
    const struct endpoint *from = &connection->ends[side];
    const struct endpoint *to = &connection->ends[1 - side];
    char names[2][INET6_ADDRSTRLEN];
    say_address(names[0], from);
    say_address(names[1], to);
    const char *format = from->is_v6 ? "[%s]:%u to [%s]:%u" : "%s:%u to %s:%u";
    snprintf(text, CONNECTION_TEXT_SIZE, format, names[0], from->port, names[1], to->port);
    return text;
}
