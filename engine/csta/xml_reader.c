#include "engine/csta/xml_reader.h"

/* ------------------------------------------------------------------------ document */

/* Stands at the first mark, with one behind the end to stop at. */
static void
first_mark(struct xml_marks *marks, uint64_t *words, uint32_t count)
{
    words[count] = 1;
    marks->word = 0;
    marks->left = words[0];
    xml_find_mark(marks, words);
}

bool
xml_reader_begin(struct xml_reader *reader, struct text document, struct csta_scratch *scratch,
                 const struct xml_index_way *way)
{
    struct xml_index *index = &reader->index;
    if (document.length < 4 || document.length > CSTA_MESSAGE_MAX || document.at[0] != '<' ||
        document.at[document.length - 1] != '>')
        return false;
    reader->bytes = document.at;
    reader->length = document.length;
    reader->scratch = scratch;
    scratch->used = 0;
    way->build(index, document.at, document.length);
    if (index->has_control)
        return false;
    if (index->has_bracket && memmem(document.at, document.length, "]]>", 3) != NULL)
        return false;
    first_mark(&reader->tags, index->tags, index->block_count);
    first_mark(&reader->references, index->references, index->block_count);
    return !index->has_high || xml_text_is_utf_8(document.at, document.length);
}
