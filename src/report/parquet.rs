//! The token events as a Parquet file, for `DuckDB`, Polars, Spark and their like: the columns of the other tables,
//! with types. What an event does not say is null; text is as in JSON, for no reader takes a cell for a formula.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::model::{EventRow, EventSet, TokenEvent};

/// Events in one row group. A group is held in memory while it is written; readers skip groups by their times.
const GROUP: usize = 64 * 1024;

/// A column: its name and how its cells are read from a row.
type Column = (&'static str, Cells);

/// What the cells of a column are.
#[derive(Clone, Copy)]
enum Cells {
    /// Text in UTF-8.
    Text(for<'e> fn(&EventRow<'e>) -> Option<&'e str>),
    /// A whole number.
    Number(fn(&EventRow<'_>) -> Option<i64>),
    /// Nanoseconds since 1970 in UTC; `time_precision` says how many of them the log wrote.
    Time(fn(&EventRow<'_>) -> Option<i64>),
}

/// The columns, in the order of [`EventRow`]. Positions in a file fit into the signed numbers that Parquet's readers
/// share.
#[rustfmt::skip]
const COLUMNS: [Column; 26] = [
    ("time", Cells::Time(|row| row.time.map(|time| time.nanos))),
    ("time_precision", Cells::Text(|row| row.time_precision)),
    ("kind", Cells::Text(|row| Some(row.kind))),
    ("error", Cells::Text(|row| row.error)),
    ("error_description", Cells::Text(|row| row.error_description)),
    ("sub_code", Cells::Text(|row| row.sub_code)),
    ("status", Cells::Number(|row| row.status.map(i64::from))),
    ("cause_class", Cells::Text(|row| row.cause_class)),
    ("provider", Cells::Text(|row| row.provider)),
    ("client", Cells::Text(|row| row.client)),
    ("subject", Cells::Text(|row| row.subject)),
    ("grant_id", Cells::Text(|row| row.grant_id)),
    ("request_id", Cells::Text(|row| row.request_id)),
    ("presented", Cells::Text(|row| row.presented)),
    ("issued", Cells::Text(|row| row.issued)),
    ("expires_in", Cells::Number(|row| row.expires_in.map(i64::from))),
    ("duration_ms", Cells::Number(|row| row.duration_ms.map(i64::from))),
    ("address", Cells::Text(|row| row.address)),
    ("host", Cells::Text(|row| row.host)),
    ("process", Cells::Text(|row| row.process)),
    ("thread", Cells::Text(|row| row.thread)),
    ("path", Cells::Text(|row| Some(row.path))),
    ("line", Cells::Number(|row| i64::try_from(row.line).ok())),
    ("byte_start", Cells::Number(|row| i64::try_from(row.byte_start).ok())),
    ("byte_end", Cells::Number(|row| i64::try_from(row.byte_end).ok())),
    ("rule", Cells::Text(|row| Some(row.rule))),
];

/// Writes one row per event, in the order of the set.
pub fn render_events_parquet(events: &EventSet, out: &mut dyn Write) -> io::Result<()> {
    let schema = Arc::new(parse_message_type(&schema())?);
    let made_by = format!("tokscan {}", env!("CARGO_PKG_VERSION"));
    let version = KeyValue::new("tokscan.schema_version".to_owned(), "1".to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(made_by)
        .set_key_value_metadata(Some(vec![version]))
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    for events_of_group in events.events.chunks(GROUP) {
        write_group(events, events_of_group, file.next_row_group()?)?;
        file.flush()?;
        // The writer wants to be sent between threads, which not every `out` can be: what is ready moves over here.
        out.write_all(&std::mem::take(file.inner_mut()))?;
    }
    out.write_all(&file.into_inner()?)
}

/// The schema in Parquet's own notation.
fn schema() -> String {
    let column = |(name, cells): &Column| match cells {
        Cells::Text(_) => format!("optional binary {name} (STRING);"),
        Cells::Number(_) => format!("optional int64 {name};"),
        Cells::Time(_) => format!("optional int64 {name} (TIMESTAMP(NANOS, true));"),
    };
    let columns: Vec<String> = COLUMNS.iter().map(column).collect();
    format!("message token_event {{ {} }}", columns.join(" "))
}

fn write_group(
    set: &EventSet,
    events: &[TokenEvent],
    mut group: SerializedRowGroupWriter<'_, Vec<u8>>,
) -> Result<(), ParquetError> {
    let rows: Vec<EventRow<'_>> = events.iter().map(|event| set.row(event)).collect();
    for (_, cells) in COLUMNS {
        let Some(column) = group.next_column()? else { break };
        write_column(&rows, cells, column)?;
    }
    group.close().map(drop)
}

fn write_column(
    rows: &[EventRow<'_>],
    cells: Cells,
    mut column: SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    match cells {
        Cells::Text(read) => {
            let (values, levels) = known(rows, |row| read(row).map(ByteArray::from));
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
        Cells::Number(read) | Cells::Time(read) => {
            let (values, levels) = known(rows, read);
            column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        }
    }
    column.close()
}

/// The cells that hold something, and for every row whether it does: 1 or 0.
fn known<T>(rows: &[EventRow<'_>], read: impl Fn(&EventRow<'_>) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let cells: Vec<Option<T>> = rows.iter().map(read).collect();
    let levels = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    (cells.into_iter().flatten().collect(), levels)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, RowAccessor};

    use super::{COLUMNS, GROUP, render_events_parquet};
    use crate::model::{EventKind, EventSet, Position, Timestamp, TokenEvent};

    fn events(count: u64) -> EventSet {
        let mut set = EventSet { sources: vec!["a.log".into()], ..EventSet::default() };
        let (rule, formula) = (set.symbols.intern("generic"), set.symbols.intern("=1+1\n\"x\""));
        set.events = (0..count)
            .map(|line| {
                let position = Position::new(0, line..line + 1, line + 1);
                let mut event = TokenEvent::new(EventKind::RefreshFailed, rule, position);
                event.time = (line % 2 == 0).then(|| Timestamp::from_millis(1_767_323_045_120));
                event.client = (line % 3 == 0).then_some(formula);
                event
            })
            .collect();
        set
    }

    fn read(set: &EventSet) -> SerializedFileReader<File> {
        let mut file = tempfile::tempfile().unwrap();
        render_events_parquet(set, &mut file).unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    #[test]
    fn the_columns_are_those_of_the_objects() {
        let set = events(1);
        let object = serde_json::to_string(&set.row(&set.events[0])).unwrap();
        let places = COLUMNS.map(|(column, _)| object.find(&format!("\"{column}\":")).unwrap());
        assert!(places.is_sorted() && object.matches("\":").count() == COLUMNS.len(), "{object}");
    }

    #[test]
    fn what_is_unknown_is_null_and_text_is_as_the_log_wrote_it() {
        let file = read(&events(2));
        let rows: Vec<_> = file.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        let cell =
            |row: usize, name: &str| rows[row].get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
        assert_eq!(cell(0, "client"), Field::Str("=1+1\n\"x\"".to_owned()));
        assert_eq!(cell(1, "client"), Field::Null);
        assert_eq!(cell(0, "time"), Field::Long(1_767_323_045_120_000_000));
        assert_eq!(cell(1, "time"), Field::Null);
        assert_eq!(rows[1].get_long(22).unwrap(), 2);
    }

    #[test]
    fn many_events_are_several_groups_and_none_is_a_file_without_rows() {
        let one_more = u32::try_from(GROUP + 1).unwrap();
        let file = read(&events(u64::from(one_more)));
        assert_eq!((file.num_row_groups(), file.metadata().file_metadata().num_rows()), (2, i64::from(one_more)));
        assert_eq!(read(&events(0)).metadata().file_metadata().num_rows(), 0);
    }
}
