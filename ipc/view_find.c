#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/segment.h"
#include "ipc/view.h"

static int
by_name(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* The engine's name in onhook-NAME.control. */
static bool
engine_of_file(const char *file, char name[64])
{
    static const char prefix[] = "onhook-";
    static const char suffix[] = ".control";
    size_t length = strlen(file);
    size_t around = sizeof prefix - 1 + sizeof suffix - 1;
    if (length <= around || strncmp(file, prefix, sizeof prefix - 1) != 0 ||
        strcmp(file + length - (sizeof suffix - 1), suffix) != 0 || length - around >= 64)
        return false;
    memcpy(name, file + sizeof prefix - 1, length - around);
    name[length - around] = '\0';
    return segment_name_is_valid(name);
}

uint32_t
view_find(const char *folder, char names[VIEW_ENGINES_MAX][64])
{
    DIR *files = opendir(folder);
    if (files == NULL)
        return 0;
    uint32_t count = 0;
    const struct dirent *file;
    while ((file = readdir(files)) != NULL) {
        char name[64];
        if (!engine_of_file(file->d_name, name))
            continue;
        if (count < VIEW_ENGINES_MAX)
            memcpy(names[count], name, sizeof name);
        count++;
    }
    closedir(files);
    qsort(names, count < VIEW_ENGINES_MAX ? count : VIEW_ENGINES_MAX, sizeof *names, by_name);
    return count;
}
