-- The few tables of PacketFence's schema that somebody here asks for; install.sh adds the version. A few rows, so that a full
-- copy has something to copy.
create table pf_version (id int primary key, version varchar(11));
create table person (pid varchar(255) primary key);
insert into person values ('admin'), ('default');
create table node (mac char(17) primary key, pid varchar(255) not null, status varchar(15) not null default 'unreg', detect_date datetime not null);
insert into node (mac, pid, detect_date)
  select concat_ws(':', '02', 'fd', lpad(hex(seq div 16777216), 2, '0'), lpad(hex(seq div 65536 % 256), 2, '0'), lpad(hex(seq div 256 % 256), 2, '0'), lpad(hex(seq % 256), 2, '0')), 'default', '2026-01-01' from seq_1_to_20000;
