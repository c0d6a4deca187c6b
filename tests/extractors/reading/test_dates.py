import pytest

from extractors.reading.dates import iso_date


@pytest.mark.parametrize(
    ("stated", "date"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-01", "2024-05-01"),
        ("20240501", "2024-05-01"),
        ("2024/5/1", "2024-05-01"),
        ("2024年5月1日（水）", "2024-05-01"),
        ("２０２４年５月１日", "2024-05-01"),
        ("2024-05-01T09:00:00+09:00", "2024-05-01T09:00:00+09:00"),
        ("2024-05-01T00:00:00Z", "2024-05-01T00:00:00+00:00"),
        ("2024年13月1日", None),
        ("2024-02-30", None),
        ("昨年", None),
        ("", None),
        (None, None),
        ("9" * 100_000, None),
    ],
)
def test_iso_date_understands_dates_as_japanese_sources_write_them(stated: str | None, date: str | None) -> None:
    assert iso_date(stated) == date
