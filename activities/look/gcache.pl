# Reads a Galera 4 galera.cache, of a stopped or a running node, and prints what lineage needs (cluster/lineage.ts):
#   E SEQNO T SOURCE/CONNECTION/TRX/TIME   a transaction, for each SEQNO asked
#   E SEQNO V CONF/MEMBER,MEMBER           a view change, for each SEQNO asked
#   E SEQNO ?                              two different events under one seqno: neither is evidence
#   V SEQNO                                every view change between FROM and TO
#   R FROM TO                              a range held without a gap, between FROM and TO
# Usage: perl - FILE FROM TO SEQNO... ; FROM and TO also bound what is looked for. An unknown layout yields no lines.
# The layout is Galera's own (gcache_bh.hpp, write_set_ng.hpp; preamble "Version: 2"): a buffer header of 24 bytes
# (seqno i64, context u64, size u32, flags u16, store i8, type i8), then a write set ("G", ...) or a view (text).
use strict;
use warnings;

my ($file, $from, $to, @asked) = @ARGV;
my %asked = map { $_ => 1 } @asked;
open(my $cache, '<:raw', $file) or die "cannot read $file: $!\n";
my $size = -s $cache;
my $uuid = qr/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
my (%event, %view);

# The seqno of the buffer whose payload begins at $at, 0 where there is none of this type; and its size.
sub header {
    my ($bytes, $at, $type) = @_;
    return (0, 0) if $at < 24 or $at + 72 > length $$bytes;
    my ($seqno, undef, $length, $flags, $store, $kind) = unpack('q< Q< L< S< c c', substr($$bytes, $at - 24, 24));
    return (0, 0) if $store != 1 or $kind != $type or $flags > 3 or $length < 40 or $length > $size;
    return (0, 0) if $seqno < $from or $seqno > $to;
    return ($seqno, $length);
}

# The ring keeps stale buffers until they are overwritten: two events under one seqno cancel each other out.
sub note {
    my ($seqno, $identity) = @_;
    $event{$seqno} = exists $event{$seqno} && $event{$seqno} ne $identity ? '?' : $identity;
}

sub dashed { return join '-', unpack('H8 H4 H4 H4 H12', $_[0]) }

my ($window, $overlap) = (16 << 20, 1 << 16);
for (my $offset = 0; $offset < $size; $offset += $window) {
    seek($cache, $offset, 0);
    read($cache, my $bytes, $window + $overlap) or last;
    while ($bytes =~ /G[\x33-\x9f]\x40/g) {
        my $at = $-[0];
        my ($seqno) = header(\$bytes, $at, 0);
        next unless $seqno;
        my ($own, $time, $source, $connection, $trx) = unpack('x8 q< Q< a16 Q< q<', substr($bytes, $at, 56));
        note($seqno, 'T ' . dashed($source) . "/$connection/$trx/$time") if $own == $seqno;
    }
    while ($bytes =~ /\x00\d+,\d+,\d+,$uuid:(\d+),(\d+),[-\d,]+\x00/g) {
        my ($at, $after, $said, $conf) = ($-[0], $+[0], $1, $2);
        my ($seqno, $length) = header(\$bytes, $at, 3);
        next unless $seqno && $seqno == $said;
        my @members = substr($bytes, $after, $length - 24 - ($after - $at)) =~ /($uuid)\x00/g;
        note($seqno, "V $conf/" . join(',', sort @members));
        $view{$seqno} = 1;
    }
}

my ($first, $last);
for my $seqno (sort { $a <=> $b } keys %event) {
    print "E $seqno $event{$seqno}\n" if $asked{$seqno};
    print "V $seqno\n" if $view{$seqno};
    next if $event{$seqno} eq '?'; # a gap, as far as anyone can tell
    if (defined $last && $seqno == $last + 1) { $last = $seqno; next }
    print "R $first $last\n" if defined $first;
    $first = $last = $seqno;
}
print "R $first $last\n" if defined $first;
