// The parts of an ELF file.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "binary.h"

#include <stdlib.h>

// MARK: - Parts

il_reader il_read_part(const il_binary *binary, const uint8_t *bytes, il_part part,
                       uint64_t offset) {
  const uint8_t *start = bytes + binary->parts[part].offset;
  il_reader reader = {start, start + binary->parts[part].size, false};
  il_skip(&reader, offset);
  return reader;
}

il_text il_text_at(const il_binary *binary, const uint8_t *bytes, il_text_place place) {
  if (!place.is_known) return (il_text){NULL, 0};
  il_reader reader = il_read_part(binary, bytes, place.part, place.offset);
  return il_terminated(&reader);
}

void *il_grown(void *elements, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return elements;
  *capacity = count * 2 + 256;
  elements = realloc(elements, *capacity * size);
  if (!elements) abort();
  return elements;
}

// MARK: - Sections

#if defined(__linux__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <elf.h>
#include <link.h>

static const char *const part_names[IL_PARTS] = {
    [IL_PART_SYMBOLS] = ".symtab",
    [IL_PART_NAMES] = ".strtab",
    [IL_PART_INFO] = ".debug_info",
    [IL_PART_ABBREVIATIONS] = ".debug_abbrev",
    [IL_PART_LINES] = ".debug_line",
    [IL_PART_LINE_STRINGS] = ".debug_line_str",
    [IL_PART_STRINGS] = ".debug_str",
    [IL_PART_STRING_OFFSETS] = ".debug_str_offsets",
    [IL_PART_ADDRESSES] = ".debug_addr",
    [IL_PART_RANGES] = ".debug_ranges",
    [IL_PART_BUILD_ID] = ".note.gnu.build-id",
};

static bool starts_with(const char *text, const char *start) {
  return !strncmp(text, start, strlen(start));
}

static bool add_section(il_binary *binary, const Elf64_Shdr *section, const char *name) {
  // What it names is in another file, or has to be unpacked.
  if (starts_with(name, ".gnu_debug") || starts_with(name, ".zdebug")) return false;
  for (int part = 0; part < IL_PARTS; part++) {
    if (binary->parts[part].size || strcmp(name, part_names[part])) continue;
    if (section->sh_type == SHT_NOBITS || section->sh_flags & SHF_COMPRESSED) return false;
    if (section->sh_offset > binary->size || section->sh_size > binary->size - section->sh_offset)
      return false;
    binary->parts[part].offset = section->sh_offset;
    binary->parts[part].size = section->sh_size;
  }
  return true;
}

static bool find_parts(il_binary *binary, const uint8_t *bytes) {
  Elf64_Ehdr header;
  memcpy(&header, bytes, sizeof header);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_shentsize != sizeof(Elf64_Shdr) ||
      header.e_shstrndx >= header.e_shnum || header.e_shoff > binary->size ||
      header.e_shnum > (binary->size - header.e_shoff) / sizeof(Elf64_Shdr)) return false;
  const uint8_t *headers = bytes + header.e_shoff;
  Elf64_Shdr names, section;
  memcpy(&names, headers + header.e_shstrndx * sizeof names, sizeof names);
  if (names.sh_type == SHT_NOBITS || names.sh_offset > binary->size ||
      names.sh_size > binary->size - names.sh_offset) return false;
  for (size_t i = 0; i < header.e_shnum; i++) {
    memcpy(&section, headers + i * sizeof section, sizeof section);
    if (section.sh_type == SHT_NULL) continue;
    if (section.sh_name >= names.sh_size) return false;
    const uint8_t *name = bytes + names.sh_offset + section.sh_name;
    if (!memchr(name, 0, names.sh_size - section.sh_name)) return false;
    if (!add_section(binary, &section, (const char *)name)) return false;
  }
  return true;
}

il_binary *il_binary_create(const uint8_t *bytes, size_t size) {
  if (size < sizeof(Elf64_Ehdr)) return NULL;
  il_binary *binary = calloc(1, sizeof *binary);
  if (!binary) return NULL;
  binary->size = size;
  memcpy(binary->header, bytes, sizeof binary->header);
  bool has_entries = false;
  bool is_known = find_parts(binary, bytes) && il_index_symbols(binary, bytes);
  if (is_known)
    has_entries = binary->parts[IL_PART_INFO].size && binary->parts[IL_PART_ABBREVIATIONS].size;
  if (has_entries)
    is_known = il_index_lines(binary, bytes) && il_index_entries(binary, bytes);
  if (is_known) return binary;
  il_binary_destroy(binary);
  return NULL;
}

void il_binary_destroy(il_binary *binary) {
  free(binary->symbols);
  free(binary->units);
  free(binary->stretches);
  free(binary->calls);
  free(binary);
}

bool il_binary_matches(const il_binary *binary, const uint8_t *bytes, size_t size) {
  return size == binary->size && !memcmp(bytes, binary->header, sizeof binary->header);
}

il_text il_binary_build_id(const il_binary *binary, const uint8_t *bytes) {
  il_reader reader = il_read_part(binary, bytes, IL_PART_BUILD_ID, 0);
  uint64_t name_size = il_word(&reader, 4), size = il_word(&reader, 4);
  il_skip(&reader, 4);
  il_skip(&reader, (name_size + 3) & ~3ull);
  if (reader.failed || size > il_left(&reader)) return (il_text){NULL, 0};
  return (il_text){reader.at, size};
}

// MARK: - Images

typedef struct {
  uintptr_t address;
  il_loaded_image *image;
  char *path;
  size_t capacity;
  bool is_found;
} image_search;

static int look_at_image(struct dl_phdr_info *info, size_t size, void *context) {
  image_search *search = context;
  (void)size;
  il_loaded_image image = {.low = UINTPTR_MAX, .base = info->dlpi_addr};
  for (size_t i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
    if (start < image.low) image.low = start;
    if (segment->p_flags & PF_X && end > image.high) image.high = end;
  }
  if (search->address < image.low || search->address >= image.high) return 0;
  const char *path = *info->dlpi_name ? info->dlpi_name : "/proc/self/exe";
  size_t length = strlen(path) + 1;
  if (length > search->capacity) return 1;
  memcpy(search->path, path, length);
  *search->image = image;
  search->is_found = true;
  return 1;
}

bool il_image_at(uintptr_t address, il_loaded_image *image, char *path, size_t capacity) {
  image_search search = {address, image, path, capacity, false};
  dl_iterate_phdr(look_at_image, &search);
  return search.is_found;
}
#endif
