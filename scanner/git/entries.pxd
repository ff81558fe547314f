# C types for entries.py, where it is compiled.

cimport cython

ctypedef const unsigned char octet_t
ctypedef unsigned char byte_t
ctypedef unsigned int u32
ctypedef const unsigned int u32_t
ctypedef long long i64
ctypedef const long long i64_t
ctypedef const int int_t

cdef int _UNREADABLE
cdef int _VISITED
cdef int _OFS_DELTA
cdef int _REF_DELTA
cdef i64 _FAR
cdef int _DIGIT_BITS
cdef int _DIGIT

@cython.locals(i=i64, at=i64, entry=i64, offset=i64)
cpdef read_offsets(octet_t[::1] small, octet_t[::1] large, i64[::1] offsets)

@cython.locals(items=u32[::1], sorted_offsets=i64[::1], highest=i64, i=i64, shift=int)
cpdef tuple by_offset(i64_t[::1] offsets, i64 end)

@cython.locals(i=i64, digit=i64, count=u32, total=u32, item=u32)
cdef void _scatter(i64_t[::1] keys, u32_t[::1] source, u32[::1] target, u32[::1] counts, int shift) noexcept

@cython.locals(low=i64, high=i64, middle=i64, at=i64, same=i64)
cpdef i64 find(octet_t[::1] ids, u32_t[::1] fanout, octet_t[::1] id, i64 hash_size) noexcept

@cython.locals(low=i64, end=i64, middle=i64)
cdef i64 _position(i64_t[::1] starts, i64 offset, i64 high) noexcept

@cython.locals(count=i64, i=i64, at=i64, end=i64, octet=i64, kind=int, size=i64, shift=int, nonsense=bint)
cpdef read_headers(octet_t[::1] pack, i64_t[::1] starts, i64[::1] sizes, byte_t[::1] kinds, byte_t[::1] header_lengths, int[::1] bases, i64 hash_size)

@cython.locals(end=i64, octet=i64, distance=i64)
cdef (i64, i64) _ofs_base(octet_t[::1] pack, i64_t[::1] starts, i64 i, i64 at) noexcept

@cython.locals(count=i64, i=i64, end=i64, found=i64)
cpdef resolve_refs(octet_t[::1] pack, i64_t[::1] starts, byte_t[::1] kinds, octet_t[::1] header_lengths, int[::1] bases, octet_t[::1] ids, u32_t[::1] fanout, i64_t[::1] offsets, i64 hash_size)

@cython.locals(count=i64, i=i64, at=i64, kind=int)
cpdef resolve_kinds(byte_t[::1] kinds, int_t[::1] bases)

@cython.locals(count=i64, i=i64, base=i64)
cpdef link(octet_t[::1] kinds, int kind, int_t[::1] bases, i64_t[::1] starts, int[::1] first_child, int[::1] next_sibling)

@cython.locals(at=i64, weight=i64)
cdef i64 _weight(i64 root, int_t[::1] bases, i64_t[::1] starts, int[::1] first_child, int[::1] next_sibling) noexcept

@cython.locals(count=i64, i=i64)
cpdef mark_others(octet_t[::1] kinds, int kind, u32_t[::1] order, byte_t[::1] marks)
