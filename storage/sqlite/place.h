// Whether the place of a checkpoint file is this user's alone.
#pragma once

#include <string>

namespace pawl::storage {

/// The absolute path of the file itself: where a symbolic link at the end of `path` leads, link after link. Its -wal
/// and its lock are beside it, whichever name it was opened by. There need be no such file. Throws engine::RefusedError
/// for links that lead in a circle.
std::string real_path(const std::string& path);

/// Throws engine::RefusedError, naming what is wrong, where somebody else could exchange the file or what is beside it:
/// a directory that is another user's or that everybody may write to, and a file, -wal, -shm, lock or unfinished file
/// that is another user's, no regular file, or known by another name too (a hard link). In a directory such as /tmp,
/// where nobody may remove what is another's, only the files count.
void require_own_place(const std::string& path);

/// Throws engine::RefusedError where a symbolic link on the way to the file, its last name included, belongs neither to
/// this user nor to root, or is in a directory in which somebody else could exchange it. In one such as /tmp the link's
/// owner decides, whether or not the kernel protects such links.
void require_own_links(const std::string& path);

/// Throws engine::RefusedError where a -wal or -shm beside the file is no regular file, or another user's than the
/// file: SQLite reads them as parts of it. For whoever only reads: the place and the file may be anybody's.
void require_own_company(const std::string& path);

/// Throws engine::RefusedError where a -journal is beside the file. A store has none, since it is in WAL mode from
/// before it gets its name; but SQLite plays one into the file that it first reads, whoever made it.
void require_no_journal(const std::string& path);

}  // namespace pawl::storage
