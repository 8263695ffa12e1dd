/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void)
{
	static const char words[] = "imagebuild: error: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)ignored;
	_exit(1);
}

void *ib_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *ib_alloc_array(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *ib_realloc_array(void *p, size_t count, size_t size)
{
	void *grown = reallocarray(p, count ? count : 1, size ? size : 1);

	if (!grown)
		out_of_memory();
	return grown;
}

void ib_free(void *p)
{
	free(p);
}

void *ib_memdup(const void *data, size_t size)
{
	void *copy = ib_alloc(size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *ib_strdup(const char *s)
{
	return s ? ib_memdup(s, strlen(s) + 1) : NULL;
}

char *ib_strndup(const char *s, size_t size)
{
	size_t length = strnlen(s, size);
	char *copy = ib_alloc(length + 1);

	memcpy(copy, s, length);
	return copy;
}

char *ib_vstrf(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		out_of_memory();
	return text;
}

char *ib_strf(const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	return text;
}

void ib_grow_array(void *pointer_to_array, size_t count, size_t size)
{
	void *array = NULL;

	if (count && (count & (count - 1)))
		return;
	memcpy(&array, pointer_to_array, sizeof(array));
	array = ib_realloc_array(array, count ? count * 2 : 1, size);
	memset((char *)array + count * size, 0, (count ? count : 1) * size);
	memcpy(pointer_to_array, &array, sizeof(array));
}

void *ib_take_pointer(void *pointer_to_pointer)
{
	void *taken = NULL;
	void *nothing = NULL;

	memcpy(&taken, pointer_to_pointer, sizeof(taken));
	memcpy(pointer_to_pointer, &nothing, sizeof(nothing));
	return taken;
}

int ib_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

void ib_free_auto(void *pointer_to_pointer)
{
	free(ib_take_pointer(pointer_to_pointer));
}

void ib_close_auto(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
